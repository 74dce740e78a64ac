# Uses dbn from a project of its own, in the WAY that is asked for.
function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK_DIR})
set(configure ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK_DIR}/build -G ${GENERATOR}
  -D CMAKE_CXX_COMPILER=${CXX_COMPILER} -D CMAKE_CXX_FLAGS=${CXX_FLAGS} -D CMAKE_EXPORT_COMPILE_COMMANDS=ON)

if(WAY STREQUAL find_package)
  run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${WORK_DIR}/prefix)
  run(${configure} -D CMAKE_PREFIX_PATH=${WORK_DIR}/prefix)
  run(${CMAKE_COMMAND} --build ${WORK_DIR}/build)
  run(${WORK_DIR}/build/consumer)
else()
  # Configured only: the sources are the ones already compiled. What matters is what is not among them.
  run(${configure} -D DBN_SOURCE_DIR=${SOURCE_DIR})
  file(READ ${WORK_DIR}/build/compile_commands.json commands)
  if(NOT commands MATCHES "src/core/parallel.cpp")
    message(FATAL_ERROR "the library is not part of a build that adds it")
  endif()
  foreach(unwanted IN ITEMS -march=native tests/layering_test.cpp tools/main.cpp)
    if(commands MATCHES ${unwanted})
      message(FATAL_ERROR "a build that adds dbn holds ${unwanted}")
    endif()
  endforeach()
endif()

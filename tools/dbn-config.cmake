# Installed for find_package(dbn): finds what dbn::dbn links against, then defines it.
include(CMakeFindDependencyMacro)
find_dependency(Eigen3 3.4)
find_dependency(nlohmann_json 3.11)
find_dependency(fmt)
find_dependency(ZLIB)
find_dependency(PNG)
find_dependency(OpenMP COMPONENTS CXX)
include(${CMAKE_CURRENT_LIST_DIR}/dbn-targets.cmake)

#include "allocation_count.hpp"

#include <dlfcn.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <dbn/core/product.hpp>

namespace {

std::atomic<bool> counting{false};
std::atomic<std::size_t> allocations{0};

}  // namespace

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(__clang__)
#define DBN_COUNTS_ALLOCATIONS

namespace {

// oneDNN takes the scratch memory of a product from the heap and gives it back at once.
void count_for(const void* caller) {
  if (!counting) return;
  Dl_info info;
  if (dladdr(caller, &info) != 0 && info.dli_fname != nullptr && std::strstr(info.dli_fname, "libdnnl") != nullptr)
    return;
  ++allocations;
}

}  // namespace

// These take the place of the C library's own, for the whole program.
extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) {
  count_for(__builtin_return_address(0));
  return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) {
  count_for(__builtin_return_address(0));
  return __libc_calloc(count, size);
}

void* realloc(void* memory, std::size_t size) {
  count_for(__builtin_return_address(0));
  return __libc_realloc(memory, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  count_for(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  count_for(__builtin_return_address(0));
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}
}
#endif

namespace dbn::test {

bool can_count_allocations() {
#ifdef DBN_COUNTS_ALLOCATIONS
  return product_library() == "oneDNN";
#else
  return false;
#endif
}

AllocationCount::AllocationCount() {
  allocations = 0;
  counting = true;
}

AllocationCount::~AllocationCount() { counting = false; }

std::size_t AllocationCount::now() const { return allocations; }

}  // namespace dbn::test

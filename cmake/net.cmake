# Asio's fences: ThreadSanitizer does not model them and g++ says so at each; ours are mutexes and atomics.
if(GX_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(gx_net PRIVATE -Wno-tsan)
endif()

set(GX_GENERATED ${CMAKE_BINARY_DIR}/generated)

# Whoever only runs the program needs no test library.
if(GX_TESTS)
  find_package(GTest QUIET)
  if(GTest_FOUND)
    enable_testing()
    include(GoogleTest)
  else()
    message(STATUS "GoogleTest is not here: no C++ tests are built")
    set(GX_TESTS OFF)
  endif()
endif()

# gx_layer(<name> USES <layers...>): src/<name>/**/*.cpp becomes library gx_<name>; every *_test.cpp in it
# becomes part of the program test_<name>. main.cpp files are left to gx_program.
function(gx_layer name)
  cmake_parse_arguments(layer "" "" "USES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|_bench|/main|_test_support)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "(_test|_test_support)\\.cpp$")
  if(name STREQUAL "store")  # the tests of every layer above need these too: gx_test_support
    list(FILTER tests EXCLUDE REGEX "_test_support\\.cpp$")
  endif()
  list(TRANSFORM layer_USES PREPEND gx_ OUTPUT_VARIABLE uses)

  if(NOT sources)
    add_library(gx_${name} INTERFACE)
    target_include_directories(gx_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src ${GX_GENERATED})
    target_link_libraries(gx_${name} INTERFACE ${uses} ${gx_libraries_${name}})
  else()
    add_library(gx_${name} STATIC ${sources})
    target_include_directories(gx_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src ${GX_GENERATED})
    target_link_libraries(gx_${name} PUBLIC ${uses} ${gx_libraries_${name}})
    gx_precompile(gx_${name})
  endif()
  # What one layer needs beside its sources, for example generated tables.
  include(${CMAKE_SOURCE_DIR}/cmake/${name}.cmake OPTIONAL)

  if(GX_TESTS AND tests)
    if(name STREQUAL "store" OR "store" IN_LIST layer_USES)
      gx_test_program(test_${name} SOURCES ${tests} USES gx_${name} gx_test_support)
    else()
      gx_test_program(test_${name} SOURCES ${tests} USES gx_${name})
    endif()
  endif()
endfunction()

# gx_bench(<layer>): src/<layer>/*_bench.cpp as program bench_<layer>, built only when asked for by name.
function(gx_bench name)
  file(GLOB benches CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*_bench.cpp)
  if(GX_TESTS AND benches)
    add_executable(bench_${name} EXCLUDE_FROM_ALL ${benches})
    target_compile_definitions(bench_${name} PRIVATE GX_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    target_link_libraries(bench_${name} PRIVATE gx_${name} gx_test_support)
  endif()
endfunction()

# Databases for tests: a private PostgreSQL (tests/support) and fresh stores (src/store/*_test_support.cpp).
function(gx_test_support)
  if(NOT GX_TESTS)
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/support/*.cpp ${CMAKE_SOURCE_DIR}/src/store/*_test_support.cpp)
  list(FILTER sources EXCLUDE REGEX "/(with_postgres|quick_passwords)\\.cpp$")
  add_library(gx_test_support STATIC ${sources})
  target_include_directories(gx_test_support PUBLIC ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(gx_test_support PUBLIC gx_store GTest::gtest)
  gx_precompile(gx_test_support)
  # Runs a command with one PostgreSQL for all test programs it starts.
  add_executable(with_postgres ${CMAKE_SOURCE_DIR}/tests/support/with_postgres.cpp)
  target_link_libraries(with_postgres PRIVATE gx_test_support)
  # Loaded before the program that the tests from outside start. A sanitizer must come first itself.
  if(NOT GX_SANITIZE)
    add_library(quick_passwords MODULE ${CMAKE_SOURCE_DIR}/tests/support/quick_passwords.cpp)
    set_target_properties(quick_passwords PROPERTIES PREFIX "")
    target_link_libraries(quick_passwords PRIVATE ${CMAKE_DL_LIBS})
  endif()
endfunction()

# gx_test_program(<target> SOURCES ... USES ...): one GoogleTest program, known to ctest as one test.
function(gx_test_program target)
  cmake_parse_arguments(test "" "" "SOURCES;USES" ${ARGN})
  add_executable(${target} ${test_SOURCES})
  if(gx_test_support IN_LIST test_USES)  # what sign-ins are tested with; whoever tests hashing itself has the real one
    target_sources(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support/quick_passwords.cpp)
  endif()
  target_link_libraries(${target} PRIVATE ${test_USES} GTest::gtest GTest::gmock GTest::gtest_main)
  target_compile_definitions(${target} PRIVATE GX_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  gx_precompile(${target})
  add_test(NAME ${target} COMMAND ${target} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endfunction()

# One precompiled header for all: the standard library only, so that it never hides a missing include of ours.
function(gx_precompile target)
  if(GX_PCH)
    target_precompile_headers(${target} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.hpp)
  endif()
endfunction()

# Behaviours of modules/<area>/<object>/*.cpp, with generated field handles and the list of behaviours.
function(gx_modules)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  file(GLOB_RECURSE declarations CONFIGURE_DEPENDS
       ${CMAKE_SOURCE_DIR}/modules/*.json ${CMAKE_SOURCE_DIR}/modules/*.csv ${CMAKE_SOURCE_DIR}/modules/*.md)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/modules/*.cpp)
  # One header an object folder: named as outputs, so that it is there before anything that includes it is compiled.
  set(generated ${GX_GENERATED}/modules/registry.cpp ${GX_GENERATED}/modules/embedded.S)
  foreach(declaration ${declarations})
    file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR}/modules ${declaration})
    if(path MATCHES "^([^/]+/([^/]+))/([^/.]+)\\.json$" AND CMAKE_MATCH_2 STREQUAL CMAKE_MATCH_3)
      list(APPEND generated ${GX_GENERATED}/modules/${CMAKE_MATCH_1}/fields.hpp)
    endif()
  endforeach()
  # The command changes when a file comes or goes, so that it runs again then.
  string(SHA256 files "${declarations};${sources}")
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  add_custom_command(
    OUTPUT ${generated}
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/generate_modules.py
            --modules ${CMAKE_SOURCE_DIR}/modules --out ${GX_GENERATED}/modules --for ${files}
    DEPENDS ${declarations} ${sources} ${CMAKE_SOURCE_DIR}/tools/generate_modules.py ${CMAKE_SOURCE_DIR}/tools/declarations.py
    COMMENT "Generating field handles and the embedded declarations" VERBATIM)
  add_library(gx_modules STATIC ${sources} ${generated})
  target_include_directories(gx_modules PUBLIC ${GX_GENERATED}/modules ${CMAKE_SOURCE_DIR}/modules)
  target_link_libraries(gx_modules PUBLIC gx_record)
  gx_precompile(gx_modules)
  if(GX_TESTS)
    add_test(NAME test_tools COMMAND ${Python3_EXECUTABLE} -m unittest discover -s tools -p "*_test.py"
             WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  endif()
  if(GX_TESTS AND tests)
    gx_test_program(test_modules SOURCES ${tests} USES gx_modules gx_test_support)
  endif()
endfunction()

function(gx_program)
  if(EXISTS ${CMAKE_SOURCE_DIR}/cmake/program.cmake)
    include(${CMAKE_SOURCE_DIR}/cmake/program.cmake)
  endif()
endfunction()

# The tests of auditing work on the small company of the tests of saving.
list(APPEND tests ${CMAKE_SOURCE_DIR}/src/record/save_test_support.cpp)

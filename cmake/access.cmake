# The table of common passwords is made while building.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_custom_command(
  OUTPUT ${GX_GENERATED}/access/common_passwords_table.cpp
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/generate_common_passwords.py
          ${CMAKE_SOURCE_DIR}/src/access/common_passwords.txt --out ${GX_GENERATED}/access/common_passwords_table.cpp
  DEPENDS ${CMAKE_SOURCE_DIR}/src/access/common_passwords.txt ${CMAKE_SOURCE_DIR}/tools/generate_common_passwords.py
  COMMENT "Making the table of common passwords" VERBATIM)
target_sources(gx_access PRIVATE ${GX_GENERATED}/access/common_passwords_table.cpp)

# The texts of all layers and the table of pinyin readings are made while building.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

file(GLOB_RECURSE gx_texts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/texts.zh.json ${CMAKE_SOURCE_DIR}/src/texts.en.json)
add_custom_command(
  OUTPUT ${GX_GENERATED}/base/texts_table.cpp
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/generate_texts.py
          --src ${CMAKE_SOURCE_DIR}/src --out ${GX_GENERATED}/base/texts_table.cpp
  DEPENDS ${gx_texts} ${CMAKE_SOURCE_DIR}/tools/generate_texts.py
  COMMENT "Collecting the texts" VERBATIM)

add_executable(generate_pinyin ${CMAKE_SOURCE_DIR}/tools/generate_pinyin.cpp)
target_link_libraries(generate_pinyin PRIVATE ICU::uc ICU::i18n)
set_target_properties(generate_pinyin PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tools)
add_custom_command(
  OUTPUT ${GX_GENERATED}/base/pinyin_table.cpp
  COMMAND ${CMAKE_COMMAND} -E make_directory ${GX_GENERATED}/base
  COMMAND generate_pinyin ${CMAKE_SOURCE_DIR}/src/base/pinyin_phrases.txt ${GX_GENERATED}/base/pinyin_table.cpp
  DEPENDS generate_pinyin ${CMAKE_SOURCE_DIR}/src/base/pinyin_phrases.txt
  COMMENT "Making the table of pinyin readings" VERBATIM)

target_sources(gx_base PRIVATE ${GX_GENERATED}/base/texts_table.cpp ${GX_GENERATED}/base/pinyin_table.cpp)

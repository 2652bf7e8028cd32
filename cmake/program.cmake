# The program guanxi: src/app, the modules, and the web interface embedded from web/dist.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(gx_web_dir ${CMAKE_SOURCE_DIR}/web)
set(gx_web_dist ${gx_web_dir}/dist)

set(gx_web_made "")
if(GX_WEB AND EXISTS ${gx_web_dir}/package.json)
  find_program(GX_NPM npm REQUIRED)
  file(GLOB_RECURSE gx_web_sources CONFIGURE_DEPENDS ${gx_web_dir}/src/* ${gx_web_dir}/public/* ${CMAKE_SOURCE_DIR}/modules/*/web/*)
  file(GLOB gx_web_settings CONFIGURE_DEPENDS ${gx_web_dir}/*.ts ${gx_web_dir}/*.html ${gx_web_dir}/*.json)
  add_custom_command(
    OUTPUT ${CMAKE_BINARY_DIR}/web_packages.stamp
    COMMAND ${GX_NPM} ci --no-audit --no-fund
    COMMAND ${CMAKE_COMMAND} -E touch ${CMAKE_BINARY_DIR}/web_packages.stamp
    DEPENDS ${gx_web_dir}/package.json ${gx_web_dir}/package-lock.json
    WORKING_DIRECTORY ${gx_web_dir} COMMENT "Fetching the packages of the web interface" VERBATIM)
  add_custom_command(
    OUTPUT ${CMAKE_BINARY_DIR}/web_built.stamp
    COMMAND ${GX_NPM} run build
    COMMAND ${CMAKE_COMMAND} -E touch ${CMAKE_BINARY_DIR}/web_built.stamp
    DEPENDS ${CMAKE_BINARY_DIR}/web_packages.stamp ${gx_web_sources} ${gx_web_settings}
    WORKING_DIRECTORY ${gx_web_dir} COMMENT "Building the web interface" VERBATIM)
  set(gx_web_made ${CMAKE_BINARY_DIR}/web_built.stamp)
else()
  # What somebody built by hand is embedded as it is.
  file(GLOB_RECURSE gx_web_made CONFIGURE_DEPENDS ${gx_web_dist}/*)
  if(NOT gx_web_made)
    message(STATUS "web/dist is absent: the program will have no web interface. To make it, run `npm ci && npm run build` in web/, or configure with -DGX_WEB=ON")
  endif()
endif()

add_custom_command(
  OUTPUT ${GX_GENERATED}/web/web_assets.stamp
  BYPRODUCTS ${GX_GENERATED}/web/web_assets.cpp ${GX_GENERATED}/web/web_assets.S
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/embed_assets.py --dist ${gx_web_dist} --out ${GX_GENERATED}/web
  DEPENDS ${CMAKE_SOURCE_DIR}/tools/embed_assets.py ${gx_web_made}
  COMMENT "Embedding the web interface" VERBATIM)
add_custom_target(gx_web_embedded DEPENDS ${GX_GENERATED}/web/web_assets.stamp)
set_source_files_properties(${GX_GENERATED}/web/web_assets.cpp ${GX_GENERATED}/web/web_assets.S PROPERTIES GENERATED TRUE)
add_library(gx_web STATIC ${GX_GENERATED}/web/web_assets.cpp ${GX_GENERATED}/web/web_assets.S)
add_dependencies(gx_web gx_web_embedded)
target_link_libraries(gx_web PUBLIC gx_net)

# What in src/app can be tested is a layer like the others; only main.cpp is not.
set(gx_libraries_app gx_modules gx_web)
gx_layer(app USES base expr meta store access record features net api)
add_executable(guanxi ${CMAKE_SOURCE_DIR}/src/app/main.cpp)
target_link_libraries(guanxi PRIVATE gx_app)

# bench/hello/run compares the bare server with nginx.
add_executable(bench_hello EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/bench/hello/hello.cpp)
target_link_libraries(bench_hello PRIVATE gx_net)

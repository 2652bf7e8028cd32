# Warnings, sanitizers, ccache and the linker: everything that says how, and nothing that says what.
find_program(GX_CCACHE ccache)
if(GX_CCACHE)
  # pch_defines and time_macros let ccache work with precompiled headers.
  set(gx_ccache_launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${GX_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${gx_ccache_launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${gx_ccache_launcher})
endif()

find_program(GX_MOLD mold)
find_program(GX_LLD NAMES ld.lld-19 ld.lld)
if(GX_MOLD AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=mold)
elseif(GX_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(--ld-path=${GX_LLD})
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -fstack-protector-strong)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
  # With optimisation g++ 12 sees uninitialised members in moved-from variants that are none (GCC bug 105562 and kin);
  # clang and the debug build keep watch.
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-maybe-uninitialized> $<$<COMPILE_LANGUAGE:CXX>:-Wno-array-bounds>
                      $<$<COMPILE_LANGUAGE:CXX>:-Wno-stringop-overflow> $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()
if(GX_SANITIZE)
  add_compile_options(-fsanitize=${GX_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${GX_SANITIZE})
endif()

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ICU REQUIRED COMPONENTS uc i18n)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(fmt REQUIRED)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(PQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(ZIP REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(EXPAT REQUIRED IMPORTED_TARGET expat)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(XLSXWRITER REQUIRED IMPORTED_TARGET xlsxwriter)
pkg_check_modules(FIDO REQUIRED IMPORTED_TARGET libfido2)
pkg_check_modules(LDAP REQUIRED IMPORTED_TARGET ldap)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(CJOSE REQUIRED IMPORTED_TARGET cjose)
find_package(ZLIB REQUIRED)

# What a layer links beside our own layers. Heavy libraries stay in the one layer that needs them.
set(gx_libraries_base     Boost::json ICU::uc ICU::i18n fmt::fmt PkgConfig::SODIUM OpenSSL::Crypto Threads::Threads)
set(gx_libraries_store    PkgConfig::SQLITE PkgConfig::PQ)
set(gx_libraries_features PkgConfig::ZIP PkgConfig::EXPAT PkgConfig::XLSXWRITER PkgConfig::CURL PkgConfig::CJOSE
                          PkgConfig::FIDO PkgConfig::LDAP)
set(gx_libraries_net      Boost::boost OpenSSL::SSL OpenSSL::Crypto ZLIB::ZLIB PkgConfig::ZSTD)

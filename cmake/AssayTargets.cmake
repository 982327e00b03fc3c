# One function per kind of target, so that a room's CMakeLists.txt only says what the room may use.

add_library(assay_flags INTERFACE)
target_compile_features(assay_flags INTERFACE cxx_std_20)
# Designated initialisers leave fields at their defaults on purpose. The flow-based warnings that GCC 12
# gets wrong for std::string, std::variant and ATen's headers are off; the sanitizer presets look there.
# They are for the tree alone: whoever builds against the SDK chooses their own.
set(_assay_warnings -Wall -Wextra -Wnon-virtual-dtor -Woverloaded-virtual -Wno-missing-field-initializers
                    -Wno-maybe-uninitialized -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow
                    $<$<BOOL:${ASSAY_WERROR}>:-Werror>)
target_compile_options(assay_flags INTERFACE "$<BUILD_INTERFACE:${_assay_warnings}>")
target_include_directories(assay_flags INTERFACE "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>"
                           "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/assay>")
if(ASSAY_SANITIZE)
  target_compile_options(assay_flags INTERFACE -fsanitize=${ASSAY_SANITIZE} -fno-omit-frame-pointer -g)
  target_link_options(assay_flags INTERFACE -fsanitize=${ASSAY_SANITIZE})
endif()

# Engine-side code: LibTorch has a member named `slots`, so Qt's keywords are off.
add_library(assay_engine_flags INTERFACE)
target_link_libraries(assay_engine_flags INTERFACE assay_flags $<BUILD_INTERFACE:assay_libtorch>
                      $<INSTALL_INTERFACE:Assay::LibTorch> Qt6::Core nlohmann_json::nlohmann_json)
target_compile_definitions(assay_engine_flags INTERFACE QT_NO_KEYWORDS)

# LibTorch's headers cost about 20 seconds a file: what nearly every engine file needs is parsed once, here. No
# more than that, since each header adds to every file's time even when precompiled: the whole of <torch/torch.h>
# would double it. Files that define networks or run TorchScript include those headers themselves.
add_library(assay_torch_pch OBJECT "${PROJECT_SOURCE_DIR}/cmake/torch_pch.cpp")
target_link_libraries(assay_torch_pch PRIVATE assay_engine_flags)
set_target_properties(assay_torch_pch PROPERTIES POSITION_INDEPENDENT_CODE ON)
target_precompile_headers(assay_torch_pch PRIVATE <torch/types.h> <torch/autograd.h> <torch/utils.h>
                          <torch/nn/module.h> <nlohmann/json.hpp>)

set(ASSAY_BACKEND_DIR "${PROJECT_SOURCE_DIR}/backend")

# Where an installed or built program finds the project's libraries: beside itself, never at a machine's path.
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)

# The files of a room compiled in groups. The description of a file format is a table of functions which have the
# same names (recognises, inspect, load) for every format: such files are compiled on their own.
function(_assay_unity target sources)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${ASSAY_UNITY} UNITY_BUILD_BATCH_SIZE 6)
  list(FILTER sources INCLUDE REGEX "_formats?\\.cpp$")
  set_source_files_properties(${sources} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

function(_assay_common target)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON DEFINE_SYMBOL "" LINKER_LANGUAGE CXX)
  file(GLOB _moc CONFIGURE_DEPENDS *.h *.cpp)
  foreach(_f IN LISTS _moc)
    file(STRINGS "${_f}" _hit REGEX "Q_OBJECT|Q_PLUGIN_METADATA|Q_GADGET|Q_NAMESPACE" LIMIT_COUNT 1)
    if(_hit)
      set_target_properties(${target} PROPERTIES AUTOMOC ON)
    endif()
  endforeach()
endfunction()

# assay_room(NAME [TORCH] [FOLDERS ...] [LIBS ...]): a folder of the house as one shared library made of the
# sources of the folder and of its FOLDERS. TORCH marks engine-side rooms. LIBS are public: a room's users see
# what its headers include.
function(assay_room name)
  cmake_parse_arguments(ARG "TORCH" "" "FOLDERS;LIBS;PRIVATE_LIBS" ${ARGN})
  list(TRANSFORM ARG_FOLDERS APPEND "/*.h" OUTPUT_VARIABLE _headers)
  list(TRANSFORM ARG_FOLDERS APPEND "/*.cpp" OUTPUT_VARIABLE _bodies)
  file(GLOB _sources CONFIGURE_DEPENDS *.h *.cpp ${_headers} ${_bodies})
  add_library(${name} SHARED ${_sources})
  _assay_common(${name})
  _assay_unity(${name} "${_sources}")
  target_link_libraries(${name} PUBLIC ${ARG_LIBS} PRIVATE ${ARG_PRIVATE_LIBS})
  if(ARG_TORCH)
    target_link_libraries(${name} PUBLIC assay_engine_flags)
    target_precompile_headers(${name} REUSE_FROM assay_torch_pch)
  else()
    target_link_libraries(${name} PUBLIC assay_flags)
  endif()
  set_target_properties(${name} PROPERTIES INSTALL_RPATH "$ORIGIN")
  # The backend is what plugins are built against.
  cmake_path(IS_PREFIX ASSAY_BACKEND_DIR "${CMAKE_CURRENT_SOURCE_DIR}" _backend)
  if(_backend)
    string(REGEX REPLACE "^assay_" "" _short ${name})
    set_target_properties(${name} PROPERTIES EXPORT_NAME ${_short})
    install(TARGETS ${name} EXPORT AssaySdk LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  else()
    install(TARGETS ${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  endif()
endfunction()

# assay_plugin(NAME [LIBS ...]): a folder of studies as one plugin, loaded at run time like anyone else's.
function(assay_plugin name)
  cmake_parse_arguments(ARG "" "" "LIBS" ${ARGN})
  file(GLOB _sources CONFIGURE_DEPENDS *.h *.cpp)
  add_library(${name} MODULE ${_sources})
  set_property(GLOBAL APPEND PROPERTY ASSAY_PLUGINS ${name})
  _assay_common(${name})
  _assay_unity(${name} "${_sources}")
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} assay_engine_flags)
  target_precompile_headers(${name} REUSE_FROM assay_torch_pch)
  set_target_properties(${name} PROPERTIES PREFIX "" INSTALL_RPATH "$ORIGIN/../.."
    LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/${ASSAY_PLUGIN_DIR}")
  install(TARGETS ${name} LIBRARY DESTINATION ${ASSAY_PLUGIN_DIR})
endfunction()

# assay_program(NAME OUTPUT [TORCH] [LIBS ...])
function(assay_program name output)
  cmake_parse_arguments(ARG "TORCH" "" "LIBS" ${ARGN})
  file(GLOB _sources CONFIGURE_DEPENDS *.h *.cpp)
  add_executable(${name} ${_sources})
  _assay_common(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS})
  if(ARG_TORCH)
    target_link_libraries(${name} PRIVATE assay_engine_flags)
    target_precompile_headers(${name} REUSE_FROM assay_torch_pch)
  else()
    target_link_libraries(${name} PRIVATE assay_flags)
  endif()
  set_target_properties(${name} PROPERTIES OUTPUT_NAME ${output} INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# What test programs and the code they share are compiled with; reads the ARG_ variables of assay_tests.
function(_assay_test_code target)
  _assay_common(${target})
  target_link_libraries(${target} PUBLIC ${ARG_LIBS} Qt6::Test)
  if(ARG_TORCH)
    target_link_libraries(${target} PUBLIC assay_engine_flags)
    target_precompile_headers(${target} REUSE_FROM assay_torch_pch)
  else()
    target_link_libraries(${target} PUBLIC assay_flags)
  endif()
  # Tests find the programs, the resources and a place for screenshots through these, not through paths
  # compiled into the product.
  target_compile_definitions(${target} PRIVATE
    ASSAY_TEST_SOURCE_DIR="${PROJECT_SOURCE_DIR}" ASSAY_TEST_BUILD_DIR="${CMAKE_BINARY_DIR}")
endfunction()

# assay_tests([TORCH] [LIBS ...]): every tst_*.cpp, fuzz_*.cpp, study_*.cpp, gui_*.cpp and slow_*.cpp of
# the folder becomes a test program; its prefix is its ctest label (tst_ is `unit`). Other sources of the
# folder are helpers shared by its tests.
function(assay_tests)
  cmake_parse_arguments(ARG "TORCH" "" "LIBS" ${ARGN})
  file(GLOB _tests CONFIGURE_DEPENDS tst_*.cpp fuzz_*.cpp study_*.cpp gui_*.cpp slow_*.cpp)
  file(GLOB _helpers CONFIGURE_DEPENDS *.cpp *.h)
  list(REMOVE_ITEM _helpers ${_tests})
  cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY "${PROJECT_SOURCE_DIR}/tests" OUTPUT_VARIABLE _room)
  string(REPLACE "/" "_" _room "${_room}")
  set(_shared "")
  if(_helpers MATCHES "\\.cpp")
    set(_shared ${_room}_helpers)
    add_library(${_shared} STATIC ${_helpers})
    _assay_test_code(${_shared})
  endif()
  foreach(_test IN LISTS _tests)
    cmake_path(GET _test STEM _stem)
    string(REGEX MATCH "^[a-z]+" _prefix "${_stem}")
    string(REPLACE "tst" "unit" _label "${_prefix}")
    set(_name "${_room}_${_stem}")
    add_executable(${_name} "${_test}")
    _assay_test_code(${_name})
    set_target_properties(${_name} PROPERTIES AUTOMOC ON RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
    target_link_libraries(${_name} PRIVATE ${_shared})
    # A test includes its own .moc, so that what AUTOMOC compiles beside it is empty.
    set_source_files_properties("${CMAKE_CURRENT_BINARY_DIR}/${_name}_autogen/mocs_compilation.cpp"
      PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
    add_test(NAME ${_name} COMMAND ${_name})
    # Studies and windows start an engine that uses every core: they get the machine to themselves.
    if(_label MATCHES "study|gui|slow")
      cmake_host_system_information(RESULT _cores QUERY NUMBER_OF_LOGICAL_CORES)
      set_tests_properties(${_name} PROPERTIES PROCESSORS ${_cores} TIMEOUT 900)
    else()
      set_tests_properties(${_name} PROPERTIES TIMEOUT 300)
    endif()
    set_tests_properties(${_name} PROPERTIES LABELS ${_label}
      ENVIRONMENT "QT_QPA_PLATFORM=offscreen;LC_ALL=C.UTF-8")
  endforeach()
endfunction()

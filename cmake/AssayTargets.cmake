# One function per kind of target, so that a room's CMakeLists.txt only says what the room may use.

add_library(assay_flags INTERFACE)
target_compile_features(assay_flags INTERFACE cxx_std_20)
# Designated initialisers leave fields at their defaults on purpose. The flow-based warnings that GCC 12
# gets wrong for std::string, std::variant and ATen's headers are off; the sanitizer presets look there. So is GCC
# 13's guess that a reference which a function returns dangles when one of its arguments was a temporary.
# They are for the tree alone: whoever builds against the SDK chooses their own.
set(_assay_warnings -Wall -Wextra -Wnon-virtual-dtor -Woverloaded-virtual -Wno-missing-field-initializers
                    -Wno-maybe-uninitialized -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow
                    -Wno-dangling-reference
                    $<$<BOOL:${ASSAY_WERROR}>:-Werror>)
target_compile_options(assay_flags INTERFACE "$<BUILD_INTERFACE:${_assay_warnings}>")
target_include_directories(assay_flags INTERFACE "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>"
                           "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/assay>")
if(ASSAY_SANITIZE)
  target_compile_options(assay_flags INTERFACE -fsanitize=${ASSAY_SANITIZE} -fno-omit-frame-pointer -g)
  target_link_options(assay_flags INTERFACE -fsanitize=${ASSAY_SANITIZE})
endif()

# The hundred programs and libraries are linked in a tenth of the time where mold is installed.
include(CheckLinkerFlag)
check_linker_flag(CXX -fuse-ld=mold ASSAY_MOLD)
if(ASSAY_MOLD)
  add_link_options(-fuse-ld=mold)
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

# The files of a room compiled in groups: two groups of six took 24 s of a processor, one of the same twelve 17 s.
# The description of a file format is a table of functions which have the same names (recognises, inspect, load) for
# every format: such files are compiled on their own.
function(_assay_unity target sources)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${ASSAY_UNITY} UNITY_BUILD_BATCH_SIZE 12)
  list(FILTER sources INCLUDE REGEX "_formats?\\.cpp$")
  set_source_files_properties(${sources} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

function(_assay_common target sources)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON DEFINE_SYMBOL "" LINKER_LANGUAGE CXX)
  foreach(_f IN LISTS sources)
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
  _assay_common(${name} "${_sources}")
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
  _assay_common(${name} "${_sources}")
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
  _assay_common(${name} "${_sources}")
  _assay_unity(${name} "${_sources}")
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

# The .moc that each of these sources includes at its end. Not by AUTOMOC, which gives moc the headers of LibTorch
# and Qt to read, seconds for every file, and compiles an empty file for every program.
function(_assay_moc target)
  set(_folder "${CMAKE_CURRENT_BINARY_DIR}/moc")
  file(MAKE_DIRECTORY "${_folder}")
  foreach(_source IN LISTS ARGN)
    cmake_path(ABSOLUTE_PATH _source)
    cmake_path(GET _source STEM _stem)
    set(_moc "${_folder}/${_stem}.moc")
    add_custom_command(OUTPUT "${_moc}" DEPENDS "${_source}" DEPFILE "${_moc}.d" VERBATIM
      COMMAND Qt6::moc -I "${PROJECT_SOURCE_DIR}" --output-dep-file --dep-file-path "${_moc}.d" -o "${_moc}" "${_source}")
    target_sources(${target} PRIVATE "${_moc}")
  endforeach()
  target_include_directories(${target} PRIVATE "${_folder}")
endfunction()

# What a folder's tests and the code they share are compiled with; reads the ARG_ variables of assay_tests.
function(_assay_test_code target)
  set(_support assay_test_support)
  if(ARG_TORCH)
    set(_support assay_test_support_torch)
  elseif(ARG_WIDGETS)
    set(_support assay_test_support_widgets)
  endif()
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON
    UNITY_BUILD ${ASSAY_UNITY} UNITY_BUILD_BATCH_SIZE 16)
  target_link_libraries(${target} PUBLIC ${ARG_LIBS} ${_support})
  target_precompile_headers(${target} REUSE_FROM ${_support})
endfunction()

# assay_tests([TORCH | WIDGETS] [LIBRARY NAME] [LIBS ...]): the folder as one program, FOLDER_tests, in which every
# tst_*.cpp, fuzz_*.cpp, study_*.cpp, gui_*.cpp and slow_*.cpp is a test of its own: ctest calls it FOLDER_FILE, and
# its prefix is its label (tst_ is `unit`). Other sources of the folder are helpers shared by its tests; LIBRARY
# makes them a static library, for tests of other folders. Names at namespace scope are unique in a folder, since
# its files are compiled in groups. TORCH marks tests of engine-side rooms, WIDGETS those that may show windows.
function(assay_tests)
  cmake_parse_arguments(ARG "TORCH;WIDGETS" "LIBRARY" "LIBS" ${ARGN})
  file(GLOB _tests CONFIGURE_DEPENDS tst_*.cpp fuzz_*.cpp study_*.cpp gui_*.cpp slow_*.cpp)
  file(GLOB _helpers CONFIGURE_DEPENDS *.cpp *.h)
  list(REMOVE_ITEM _helpers ${_tests})
  cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY "${PROJECT_SOURCE_DIR}/tests" OUTPUT_VARIABLE _room)
  string(REPLACE "/" "_" _room "${_room}")
  set(_program ${_room}_tests)
  add_executable(${_program} ${_tests})
  _assay_test_code(${_program})
  _assay_moc(${_program} ${_tests})
  set_target_properties(${_program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  if(ARG_LIBRARY)
    add_library(${ARG_LIBRARY} STATIC ${_helpers})
    _assay_test_code(${ARG_LIBRARY})
    target_link_libraries(${_program} PRIVATE ${ARG_LIBRARY})
  else()
    target_sources(${_program} PRIVATE ${_helpers})
  endif()
  foreach(_test IN LISTS _tests)
    cmake_path(GET _test STEM _stem)
    string(REGEX MATCH "^[a-z]+" _prefix "${_stem}")
    string(REPLACE "tst" "unit" _label "${_prefix}")
    set(_name "${_room}_${_stem}")
    add_test(NAME ${_name} COMMAND ${_program} ${_stem})
    set_tests_properties(${_name} PROPERTIES TIMEOUT 300)
    if(_label MATCHES "study|gui|slow")
      set_tests_properties(${_name} PROPERTIES TIMEOUT 900)
    endif()
    set(_environment "QT_QPA_PLATFORM=offscreen;LC_ALL=C.UTF-8")
    # The window with its engine uses every core and gets the machine to itself. Of the others several run at once,
    # each with one OpenMP thread: two studies beside each other end sooner than one after the other.
    if(_label STREQUAL "gui" AND _room MATCHES "^app")
      cmake_host_system_information(RESULT _cores QUERY NUMBER_OF_LOGICAL_CORES)
      set_tests_properties(${_name} PROPERTIES PROCESSORS ${_cores})
    else()
      list(APPEND _environment "OMP_NUM_THREADS=1")
    endif()
    set_tests_properties(${_name} PROPERTIES LABELS ${_label} ENVIRONMENT "${_environment}")
  endforeach()
endfunction()

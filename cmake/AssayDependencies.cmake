# What Assay stands on, and what for. Each is a Debian package named in README.md.
include(FeatureSummary)

find_package(Qt6 6.4 REQUIRED COMPONENTS Core Gui Svg)
set_package_properties(Qt6 PROPERTIES PURPOSE "plugin loader, CBOR, process transport, drawings made from SVG, window")
if(ASSAY_BUILD_TESTS)
  find_package(Qt6 6.4 REQUIRED COMPONENTS Test)
endif()

if(ASSAY_BUILD_WINDOW)
  find_package(Qt6 6.4 REQUIRED COMPONENTS Widgets OpenGL OpenGLWidgets PrintSupport)

  find_package(QCustomPlotQt6 REQUIRED)
  set_package_properties(QCustomPlotQt6 PROPERTIES PURPOSE "plots in the window and in exported figures")

  # Debian builds Dear ImGui as a static library, which takes its fonts and packing from the stb library.
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(IMGUI REQUIRED imgui>=1.86)
  find_library(ASSAY_IMGUI_LIBRARY imgui HINTS ${IMGUI_LIBRARY_DIRS} REQUIRED)
  find_library(ASSAY_STB_LIBRARY stb HINTS ${IMGUI_LIBRARY_DIRS} REQUIRED)
  add_library(assay_imgui INTERFACE)
  target_include_directories(assay_imgui SYSTEM INTERFACE ${IMGUI_INCLUDE_DIRS})
  target_link_libraries(assay_imgui INTERFACE ${ASSAY_IMGUI_LIBRARY} ${ASSAY_STB_LIBRARY})

  # Notes in reports are Markdown: one reader for the page, the PDF and LaTeX.
  pkg_check_modules(CMARK REQUIRED IMPORTED_TARGET libcmark-gfm)
  find_library(ASSAY_CMARK_EXTENSIONS cmark-gfm-extensions HINTS ${CMARK_LIBRARY_DIRS} REQUIRED)
endif()

find_package(nlohmann_json 3.11 REQUIRED)
set_package_properties(nlohmann_json PROPERTIES PURPOSE "specs, cards, manifests, metrics")

find_package(ZLIB REQUIRED)
set_package_properties(ZLIB PROPERTIES PURPOSE "compressed IDX, ZIP and NPZ files")

find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
set_package_properties(OpenSSL PROPERTIES PURPOSE "keys and ciphers: encrypted images, certificates of visible watermarks")

find_package(OpenCV 4.6 REQUIRED COMPONENTS core imgproc imgcodecs videoio)
set_package_properties(OpenCV PROPERTIES PURPOSE "image files: decode, encode, resize - and frames of videos")

find_package(Protobuf REQUIRED)
set_package_properties(Protobuf PROPERTIES PURPOSE "the encoding of ONNX files")
find_package(ONNX REQUIRED)
set_package_properties(ONNX PROPERTIES PURPOSE "ONNX files: their format only, no operators")
# Only the messages: the library of operators is not linked.
add_library(assay_onnx_format INTERFACE)
target_link_libraries(assay_onnx_format INTERFACE onnx_proto protobuf::libprotobuf)
target_compile_definitions(assay_onnx_format INTERFACE ONNX_NAMESPACE=onnx ONNX_ML=1)

# A newer LibTorch (CUDA included) given by CMAKE_PREFIX_PATH is found before Debian's.
find_package(Torch REQUIRED)
set_package_properties(Torch PROPERTIES PURPOSE "tensors, autograd and devices of the engine")
find_package(Threads REQUIRED)

add_library(assay_libtorch INTERFACE)
target_include_directories(assay_libtorch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_link_libraries(assay_libtorch INTERFACE ${TORCH_LIBRARIES} Threads::Threads)
# LibTorch says with its own flags which C++ ABI it was built for; Debian's leaves this empty.
separate_arguments(_torch_flags NATIVE_COMMAND "${TORCH_CXX_FLAGS}")
target_compile_options(assay_libtorch INTERFACE ${_torch_flags})

if(ASSAY_BUILD_BENCH AND ASSAY_BUILD_TESTS)
  find_package(benchmark QUIET)
  set_package_properties(benchmark PROPERTIES TYPE OPTIONAL PURPOSE "benchmarks in tests/bench")
endif()

# What is installed for authors of plugins: the backend's headers, its libraries as targets Assay::ROOM, and
# assay_add_plugin(). Found by find_package(Assay); nothing in it names a folder of this machine.
include(CMakePackageConfigHelpers)

set(_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/Assay")
file(STRINGS "${PROJECT_SOURCE_DIR}/backend/engine/plugin.h" _abi REGEX "kEngineAbi = [0-9]+")
string(REGEX MATCH "[0-9]+" ASSAY_ENGINE_ABI "${_abi}")

# These headers are about OpenCV, which plugins see nothing of.
install(DIRECTORY "${PROJECT_SOURCE_DIR}/backend" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/assay"
        FILES_MATCHING PATTERN "*.h" PATTERN "mat.h" EXCLUDE PATTERN "image_planes.h" EXCLUDE
        PATTERN "plasma.h" EXCLUDE PATTERN "frost_texture.h" EXCLUDE)

set_target_properties(assay_flags PROPERTIES EXPORT_NAME flags)
set_target_properties(assay_engine_flags PROPERTIES EXPORT_NAME engine_flags)
install(TARGETS assay_flags assay_engine_flags EXPORT AssaySdk)
install(EXPORT AssaySdk NAMESPACE Assay:: FILE AssayRooms.cmake DESTINATION "${_package_dir}")

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/sdk/AssayConfig.cmake.in"
  "${CMAKE_CURRENT_BINARY_DIR}/sdk/AssayConfig.cmake" INSTALL_DESTINATION "${_package_dir}"
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/sdk/AssayConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/sdk/AssayConfig.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/sdk/AssayConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/sdk/AssayAddPlugin.cmake" DESTINATION "${_package_dir}")

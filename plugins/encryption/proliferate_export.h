#pragma once

#include "backend/encryption/cipher.h"
#include "backend/models/model.h"
#include "backend/models/torchscript/script_export.h"

#include <filesystem>
#include <memory>

namespace assay::encryption {

/// @throws Error unless keys of the scheme can stand in a script: those of SHF and NP.
void requireKeyInside(Scheme scheme);

/// @p network behind a key of SHF or NP in tensors alone, as a script can hold it: pixels are taken from
/// where the key says and inverted where it says. Gives what KeyedNetwork gives, and whoever has its weights
/// has the key. @param network shared. @throws Error as requireKeyInside().
std::shared_ptr<models::Network> keyInside(std::shared_ptr<models::Network> network, const Cipher& cipher,
                                           const models::InputSpec& input);

/// Reads a script as the import of models does. @param script its bytes are written to @p file for that.
/// @param input of the exported network, for the size of its images. @returns a network that takes pixels in
/// [0,1], on the CPU. @throws Error when it cannot be written.
std::shared_ptr<models::Network> readScript(const models::ExportedScript& script,
                                            const models::InputSpec& input,
                                            const std::filesystem::path& file);

} // namespace assay::encryption

#pragma once

#include "backend/protocol/json.h"

#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace assay::attacks {

/// A patch with its shape.
struct Patch
{
    std::string name;
    torch::Tensor pixels;         ///< float32 [C,h,w] in [0,1] on the CPU, C 1 or 3
    torch::Tensor mask;           ///< float32 [1,h,w] in [0,1] on the CPU
    Json origin = Json::object(); ///< where it comes from: run, study, model, ... as it was kept
    std::string sha256;           ///< of the file it was read from; empty: of none
};

/// What lists show of a kept patch.
struct PatchCard
{
    std::string name;
    std::int64_t channels = 0;
    std::int64_t height = 0;
    std::int64_t width = 0;
    Json origin = Json::object();
    std::string problem; ///< when it cannot be read: the sentence; else empty
};

/// Longest side of a patch that is read or kept.
inline constexpr std::int64_t kMaxPatchSide = 4096;

/// [A-Za-z0-9._-], not beginning with a dot, at most 100 characters. @throws Error else.
void checkPatchName(const std::string& name);

/// Reads a patch from a safetensors file ("patch" float32 or uint8 [C,h,w], "mask" [1,h,w] or [h,w], may be
/// absent) or from a picture, whose transparency is the mask. The file is hostile: sizes are bounded, numbers
/// must be finite and in [0,1].
/// @throws Error naming the file and how to mend it.
Patch readPatch(const std::filesystem::path& file);

/// PNG of a patch: grey or RGB where the mask is all 1, else RGB with the mask as alpha.
std::vector<std::uint8_t> patchPng(const torch::Tensor& pixels, const torch::Tensor& mask);

/// uint8 [h,w,4], RGBA, not premultiplied: as scenes show it.
torch::Tensor patchRgba(const torch::Tensor& pixels, const torch::Tensor& mask);

/// The patch in @p channels, 1 or 3: grey is repeated, of colours the luminance is taken.
Patch withChannels(Patch patch, std::int64_t channels);

/// Patches that were kept: FOLDER/NAME.safetensors, .png and .json, which is written last, so that a patch is
/// listed when all of it is there. Stateless: safe from any thread and several processes.
class PatchLibrary
{
public:
    explicit PatchLibrary(std::filesystem::path folder)
        : m_folder(std::move(folder))
    {}

    /// By name; nothing when the folder is not there. Patches that cannot be read are listed with a problem.
    std::vector<PatchCard> list() const;
    /// A kept patch by name, or any file that readPatch() reads by its path.
    /// @throws Error naming the kept ones when there is none of that name.
    Patch open(const std::string& nameOrPath) const;
    /// @throws Error when the name is none or is taken, or the folder cannot be written.
    PatchCard keep(const Patch& patch) const;
    /// Deletes a kept patch. @throws Error when there is none of that name.
    void remove(const std::string& name) const;

private:
    std::filesystem::path m_folder;
};

} // namespace assay::attacks

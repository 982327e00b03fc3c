#pragma once

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <string>

namespace assay::imaging {

/// Draws an SVG picture on white into uint8 [3,side,side], RGB order, its view box fitted and centred. For
/// pictures of pinned packages (data recipes): the renderer, Qt's, is not hardened against hostile files, and
/// its anti-aliasing may differ by a grey level between versions. Text elements are not drawn.
/// @param where what the bytes are, for messages. @throws Error when they are no SVG that Qt can read, or
/// side is outside 1 .. 4096. Safe from any thread.
torch::Tensor renderSvg(std::span<const std::uint8_t> bytes, int side, const std::string& where);

} // namespace assay::imaging

#pragma once

#include "backend/encryption/cipher.h"
#include "plugins/encryption/explore_view.h"

#include <cstdint>
#include <string>

namespace assay::encryption {

/// A block's way through a cipher, in pixels.
struct BlockMove
{
    std::int64_t side = 0;
    std::int64_t fromRow = 0, fromColumn = 0; ///< of the plain image: upper left corner
    std::int64_t toRow = 0, toColumn = 0;     ///< of the encrypted one
    std::string change;                       ///< what happened to it on the way, in words
};

/// Follows one block. Which values of the other image depend on it is found by changing all of its values,
/// whatever the scheme; of EtC what was done to the block is read off by trying its 8 x 2 x 6 ways on noise.
/// Of a scheme that moves no blocks it stays. @param pixelRow and @p pixelColumn a pixel of the block,
/// clipped to the image: of the encrypted image when @p inEncrypted. @param cipher of @p channels x @p height
/// x
/// @p width.
BlockMove followBlock(const Cipher& cipher, std::int64_t channels, std::int64_t height, std::int64_t width,
                      std::int64_t pixelRow, std::int64_t pixelColumn, bool inEncrypted);

/// The scene `blocks`: the plain image and the encrypted one side by side, with the block under the frame
/// outlined in both. The frame is dragged over either.
void emitExploreBlocks(engine::RunContext& context, const ExploreView& view, const SecretKey& key,
                       const ExploreParams& params);

} // namespace assay::encryption

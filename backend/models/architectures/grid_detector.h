#pragma once

#include "backend/models/model.h"

#include <functional>
#include <map>
#include <string>

namespace assay::models {

/// "grid-detector": blocks of 3x3 convolution, batch norm and ReLU, of which the first three halve the image,
/// then one 1x1 convolution. It gives [N, 5K, H/8, W/8], five numbers for each class and cell: class k has
/// channels 5k .. 5k+4, which are
///   objectness  logit of "the centre of an object of class k lies in this cell", of that class alone;
///   dx, dy      centre = ((column + 0.5 + dx) * 8, (row + 0.5 + dy) * 8) in pixels;
///   w, h        natural logarithms of width / 16 and height / 16 pixels.
/// Every class has numbers of its own, so that a patch on a person's centre does not take the cell from the
/// person. Sides of the input need not be multiples of 8 for the network, but the card's must: cells would
/// otherwise lie beside the image.
/// Options: widths (3 to 8 channel counts, default [16, 32, 64, 64, 64]).
/// Taps: block1 .. blockN; the last one is what the 1x1 convolution sees.
std::shared_ptr<Network> makeGridDetector(const Json& options, const InputSpec& input, std::int64_t classes);

inline constexpr std::int64_t kGridStride = 8;
inline constexpr double kGridUnit = 16;
inline constexpr std::int64_t kGridNumbers = 5; ///< a class and cell

/// A card's `output` for it: {"layout": "grid", "stride": 8, "unit": 16}.
Json gridOutput();

/// What becomes of a block's map, [N,C,h,w] after its ReLU, before the next block or the 1x1 convolution sees
/// it: a map of the same shape on the same device. Called in forward passes, from several threads at once;
/// gradients go through it.
using MapChange = std::function<torch::Tensor(const torch::Tensor& map)>;
/// By tap; a map that is not named stays as it is.
using MapChanges = std::map<std::string, MapChange>;

/// Puts @p changes into the forward pass in the place of earlier ones; {} takes them out. Copies of the
/// network have them too, its saved weights do not. Taps report the changed map.
/// @throws Error for another network, or a tap that it does not have.
void setMapChanges(Network& network, MapChanges changes);

/// Sets the bias of every class's objectness to the logit of @p probability. A network that says "nothing
/// there" at first does not spend its first epochs on learning how rare objects are (Lin et al. 2017, "Focal
/// loss", section 3.3). @throws Error for another network, or a probability outside (0,1).
void setObjectPrior(Network& network, double probability);

} // namespace assay::models

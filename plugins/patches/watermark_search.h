#pragma once

#include "backend/models/model.h"
#include "plugins/patches/watermark_optimiser.h"

#include <functional>
#include <span>
#include <vector>

namespace assay::medlocker {

/// An image whose placement is searched for. What it points to must outlive the search.
struct SearchImage
{
    torch::Tensor pixels; ///< uint8 [C,H,W] on the CPU
    std::int64_t label = 0;
    std::int64_t sample = 0; ///< id: the stream of its random numbers
    const Logo* logo = nullptr;
    const Region* region = nullptr; ///< not empty
};

struct Found
{
    Placement placement;
    Judged judged;
    int queries = 0; ///< placements the model was asked about
    /// After each round of questions: how many there had been and the least objective.
    std::vector<std::pair<int, double>> trace;
};

/// Called before each image of a round, from any worker thread: throws to end the search.
using SearchCheck = std::function<void()>;
/// Called after each round with the images done and all of them.
using SearchProgress = std::function<void(std::size_t done, std::size_t total)>;

/// What the model says of placements on one image; the pixels are rounded to 8 bits before it sees them.
/// @param faintness mu of SearchSpec.
std::vector<Judged> judgePlacements(const models::Model& model, const SearchImage& image,
                                    std::span<const Placement> placements, double faintness);

/// Searches the placement that makes the model miss the label, for all images at once, each with its own
/// random numbers and a batch of its own: results depend neither on the other images nor on threads. The best
/// is a placement that fools if there is one, of these (or else of all) that of the least objective.
/// Ends for an image with its optimiser, its budget (queryBudget()), or, with stopEarly, its first success.
std::vector<Found> searchPlacements(const models::Model& model, std::span<const SearchImage> images,
                                    const SearchSpec& spec, const SearchCheck& check = {},
                                    const SearchProgress& progress = {});

} // namespace assay::medlocker

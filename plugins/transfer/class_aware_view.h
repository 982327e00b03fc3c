#pragma once

#include "plugins/transfer/class_aware_params.h"
#include "plugins/transfer/class_aware_results.h"

namespace assay::transfer {

/// Which source, target and radius the figures show: indices into ClassAwareResults.
struct View
{
    std::size_t source = 0;
    std::size_t target = 0;
    std::size_t eps = 0;
    Denominator of = Denominator::Fooled;
    bool operator==(const View&) const = default;
};

/// The view that @p p asks for: the source and target of that name (or else the first source and its most
/// similar target) and the nearest radius that is computed. The source's similarities and at least one radius
/// must be there.
View viewOf(const ClassAwareResults& results, const ClassAwareParams& p);

/// Index of the source that @p p wants shown.
std::size_t viewedSource(const ClassAwareResults& results, const ClassAwareParams& p);

/// Position in the pool of the image that the decision maps show: the one with the id params.viewImage, else
/// the first with a different mistake, else with the same, else the first.
std::int64_t mappedImage(const ClassAwareResults& results, const View& view, const ClassAwareParams& p);

/// "images that fool MODEL", or all attacked ones: what rates are a rate of, in words.
std::string rateOf(const ClassAwareResults& results, const View& view);

} // namespace assay::transfer

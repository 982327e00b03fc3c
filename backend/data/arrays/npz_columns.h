#pragma once

#include "backend/data/arrays/npz_plan.h"
#include "backend/data/dataset.h"
#include "backend/protocol/finding.h"

#include <string>
#include <vector>

namespace assay::data {

/// An array of one value a sample, over all parts of a file one after another.
struct NpzColumn
{
    torch::Tensor values;           ///< [N] or [N,K]; undefined for texts
    std::vector<std::string> texts; ///< [N]
    bool isText() const { return !values.defined(); }
};

/// Joins the arrays @p keys, one a part. @throws Error when they differ in kind or take too much memory.
NpzColumn readNpzColumn(const arrays::ArrayBundle& bundle, const std::vector<std::string>& keys,
                        const std::string& where);

struct NpzLabels
{
    torch::Tensor labels;             ///< int64 [N], 0 .. K-1
    std::vector<std::string> classes; ///< of texts, sorted; empty for numbers
};

/// Labels from whole numbers [N] or [N,1], texts [N], or rows [N,K] with a single 1 each.
/// @throws Error naming @p where, and the first sample whose label is none.
NpzLabels toLabels(const NpzColumn& column, const std::string& where);

/// What further one-dimensional arrays of the file say about the samples, over all parts: "names",
/// "captions", and attributes. Texts, flags, "domain" and numbers that have an array NAME_names are
/// categorical, other numbers are numeric. What is left out becomes a finding.
SampleTable readNpzSamples(const arrays::ArrayBundle& bundle, const NpzPlan& plan, const std::string& where,
                           protocol::Findings& findings);

/// The array of class names, when there is one ("classes", "class_names", "label_names").
std::vector<std::string> readNpzClasses(const arrays::ArrayBundle& bundle);

} // namespace assay::data

#pragma once

#include "backend/engine/importing/accuracy_check.h"
#include "backend/protocol/finding.h"

namespace assay::engine {

/// Asks a model about the same test images with the pixels made ready in each of the common ways
/// (models::normalisationCandidates), and says so when one of them is clearly better than what the card says:
/// the sign of a wrong or double normalisation. "Clearly" is by 0.03 and by two standard errors of a fraction
/// at its widest, 2/sqrt(4n). Images are as many as a few seconds allow, told from @p measured; nothing is
/// said about fewer than 50.
protocol::Findings normalisationFindings(const models::ModelCard& card, const data::Dataset& dataset,
                                         const MeasuredAccuracy& measured);

} // namespace assay::engine

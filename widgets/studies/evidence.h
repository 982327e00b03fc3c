#pragma once

#include "backend/protocol/run_spec.h"
#include "widgets/figures/figure_export.h"

#include <QString>

#include <memory>
#include <optional>

namespace assay::widgets {

class RunRecord;

/// What an exported figure says of itself: the run, its spec and provenance, and the hash of its numbers.
/// @param params parameters the figure was drawn with, when a preview had moved live ones; else the run's.
Evidence makeEvidence(const RunRecord& run, const protocol::Figure& figure,
                      const std::optional<Json>& params = {});

/// The parts of an evidence that the window acts on.
struct Claim
{
    QString run;
    protocol::RunSpec spec;
    QString figure;
    QString hash; ///< of the figure's numbers
};

/// @throws Error naming @p where when the evidence lacks a part or its spec cannot be read.
Claim readClaim(const Evidence& evidence, const QString& where);

/// Whether @p run holds the claimed figure with the same digits, as a sentence for the user.
struct Verdict
{
    bool same = false;
    QString sentence;
};
Verdict compare(const Claim& claim, const RunRecord& run);

/// The command that makes the same run: "assay-cli run transfer.class-aware --set count=60 ...".
/// Values that equal @p defaults are left out.
QString commandLine(const protocol::RunSpec& spec, const Json& defaults);

} // namespace assay::widgets

#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/table_rows.h"
#include "plugins/encryption/recon_report.h"

#include <torch/types.h>

#include <algorithm>
#include <functional>

namespace assay::encryption {

using protocol::Table;
using reporting::numberColumn;
using reporting::TableRow;
using reporting::textColumn;

namespace {

constexpr std::int64_t kTop = 5;
constexpr const char* kNoScheme = "none";

/// Every outcome with the scheme that it belongs to; floors belong to none.
void forEachOutcome(const ReconResults& r,
                    const std::function<void(const std::string& scheme, const ReconOutcome&)>& visit)
{
    for (const ReconOutcome& floor : r.floors)
        visit(kNoScheme, floor);
    for (const ReconScheme& scheme : r.schemes)
        for (const ReconOutcome& outcome : scheme.outcomes)
            visit(scheme.id, outcome);
}

double meanOf(const torch::Tensor& values)
{
    return values.mean().item<double>();
}

/// Recovery of one attribute by name; nullopt where the set lacks it.
std::optional<ReconRecovery> recoveryOf(const ReconResults& r, const ReconOutcome& outcome, const char* name)
{
    const auto found = std::ranges::find(r.attributes, name, &ReconAttribute::name);
    if (found == r.attributes.end())
        return std::nullopt;
    return reconRecovery(r, outcome, static_cast<std::size_t>(found - r.attributes.begin()));
}

/// Rows of the table of conditions.
class ReconConditions
{
public:
    explicit ReconConditions(Table& table)
        : m_table(table)
    {}
    /// @param holds compares what was measured with what is wanted.
    void add(const std::string& condition, const std::string& scheme, double measured,
             const std::string& relation, double wanted)
    {
        const bool holds = relation == "<=" ? measured <= wanted : measured >= wanted;
        TableRow(m_table) << condition << scheme << measured << relation << wanted << (holds ? "yes" : "no");
    }

private:
    Table& m_table;
};

void addLinearConditions(ReconConditions& rows, const ReconResults& r, const ReconScheme& scheme)
{
    const double floor = meanOf(r.find(scheme, ReconAttack::Mean)->scores.mse),
                 bound = meanOf(r.find(scheme, ReconAttack::Plain)->scores.mse);
    if (const ReconOutcome* same = scheme.find(ReconAttack::SameKey))
        rows.add("one shared key: error against the decoder's own", scheme.id,
                 meanOf(same->scores.mse) / bound, "<=", 1.1);
    if (const ReconOutcome* fr = scheme.find(ReconAttack::Fr);
        fr && scheme.spec.scheme == Scheme::Etc && scheme.spec.negative)
        rows.add("FR: SSIM", scheme.id, meanOf(fr->scores.ssim), "<=", 0.15);
    if (scheme.spec.scheme != Scheme::Etc || !scheme.spec.negative || !scheme.spec.channels)
        return;
    if (const ReconOutcome* raw = scheme.find(ReconAttack::Raw)) {
        rows.add("keys of its own, raw pixels: error against the mean image", scheme.id,
                 meanOf(raw->scores.mse) / floor, ">=", 1);
        if (const auto found = recoveryOf(r, *raw, "class"))
            rows.add("keys of its own, raw pixels: class", scheme.id, found->rate.value,
                     "<=", found->chance + 0.05);
    }
    if (const ReconOutcome* keyless = scheme.find(ReconAttack::Invariants)) {
        rows.add("keys of its own, keyless features: error against the mean image", scheme.id,
                 meanOf(keyless->scores.mse) / floor, "<=", 1);
        if (const auto found = recoveryOf(r, *keyless, "class"))
            rows.add("keys of its own, keyless features: class", scheme.id, found->rate.value,
                     ">=", 2 * found->chance);
        rows.add("keys of its own, keyless features: found among the first 5", scheme.id,
                 reconTop(keyless->scores.rank, kTop).value,
                 ">=", static_cast<double>(5 * kTop) / static_cast<double>(r.victims()));
    }
}

void addLeakConditions(ReconConditions& rows, const ReconResults& r, const ReconScheme& scheme)
{
    const ReconLeak* leak = scheme.leak("aligned");
    if (!leak)
        return;
    const double chance = static_cast<double>(kTop) / static_cast<double>(r.victims());
    const double top = reconTop(leak->rank, kTop).value;
    if (scheme.spec.scheme == Scheme::Ele) {
        rows.add("embedding: found among the first 5, little leaks", scheme.id, top, "<=", 3 * chance);
    } else if (scheme.spec.scheme != Scheme::Le) {
        rows.add("embedding: AUC", scheme.id, meanOf(leak->nearer), ">=", 0.6);
        rows.add("embedding: found among the first 5", scheme.id, top, ">=", 5 * chance);
    }
}

} // namespace

Table reconAttributesTable(const ReconResults& r)
{
    Table table{.name = "attributes",
                .title = "Attributes read from reconstructions",
                .caption =
                    "By a judge that learned plain images. chance: who always says the commonest value; "
                    "advantage: (accuracy - chance) / (1 - chance). Wilson 95 % intervals.",
                .section = "What leaks"};
    table.columns = {textColumn("scheme", "Scheme"),
                     textColumn("attack", "Attack"),
                     textColumn("attribute", "Attribute"),
                     numberColumn("n", "Victims", 0),
                     numberColumn("accuracy", "Accuracy", 3),
                     numberColumn("chance", "Chance", 3),
                     numberColumn("low", "Low", 3),
                     numberColumn("high", "High", 3),
                     numberColumn("advantage", "Advantage", 3)};
    forEachOutcome(r, [&](const std::string& scheme, const ReconOutcome& outcome) {
        for (std::size_t i = 0; i < r.attributes.size(); ++i) {
            const ReconRecovery found = reconRecovery(r, outcome, i);
            TableRow(table) << scheme << reconAttackId(outcome.attack) << r.attributes[i].name
                            << static_cast<double>(found.rate.n) << found.rate.value << found.chance
                            << found.rate.low << found.rate.high << found.advantage;
        }
    });
    return table;
}

Table reconSimilarityTable(const ReconResults& r)
{
    Table table{.name = "similarity",
                .title = "How near reconstructions come",
                .caption =
                    "mse: pixels in [0,1]; embedding: cosine of the judge's centred embeddings; rank: of the "
                    "true image among all victims' by the reconstruction, median, 0 is found. Bootstrap "
                    "95 % over the victims, Wilson 95 % for rates.",
                .section = "What leaks"};
    table.columns = {textColumn("scheme", "Scheme"),
                     textColumn("attack", "Attack"),
                     numberColumn("n", "Victims", 0),
                     numberColumn("mse", "MSE", 4),
                     numberColumn("mse_low", "Low", 4),
                     numberColumn("mse_high", "High", 4),
                     numberColumn("ssim", "SSIM", 3),
                     numberColumn("ssim_low", "Low", 3),
                     numberColumn("ssim_high", "High", 3),
                     numberColumn("psnr", "PSNR", 1, "dB"),
                     numberColumn("embedding", "Embedding", 3),
                     numberColumn("rank", "Median rank", 1),
                     numberColumn("top1", "First", 3),
                     numberColumn("top5", "First 5", 3),
                     numberColumn("top5_low", "Low", 3),
                     numberColumn("top5_high", "High", 3),
                     numberColumn("chance5", "Chance of 5", 3),
                     textColumn("note", "Reads")};
    forEachOutcome(r, [&](const std::string& scheme, const ReconOutcome& outcome) {
        const ReconScores& s = outcome.scores;
        const ReconMean mse = reconMean(s.mse), ssim = reconMean(s.ssim);
        TableRow(table) << scheme << reconAttackId(outcome.attack) << static_cast<double>(s.mse.size(0))
                        << mse.value << mse.interval.low << mse.interval.high << ssim.value
                        << ssim.interval.low << ssim.interval.high << meanOf(s.psnr) << meanOf(s.embedding)
                        << s.rank.median().item<double>() << reconTop(s.rank, 1).value
                        << reconTop(s.rank, kTop)
                        << static_cast<double>(kTop) / static_cast<double>(r.victims()) << outcome.note;
    });
    return table;
}

Table reconLeakageTable(const ReconResults& r)
{
    Table table{.name = "leakage",
                .title = "What the embedding still sees",
                .caption =
                    "auc: how often a ciphertext's embedding is nearer to its own plain image's than to "
                    "another victim's; own, other: mean cosine with them. aligned: mapped by ridge "
                    "regression learned on pairs under other keys. Bootstrap 95 % over the victims.",
                .section = "Leakage"};
    table.columns = {textColumn("scheme", "Scheme"),
                     numberColumn("block", "Block", 0),
                     numberColumn("key_bits", "Key space", 0, "bit"),
                     textColumn("embedding", "Embedding"),
                     numberColumn("n", "Victims", 0),
                     numberColumn("auc", "AUC", 3),
                     numberColumn("low", "Low", 3),
                     numberColumn("high", "High", 3),
                     numberColumn("own", "Own", 3),
                     numberColumn("other", "Others", 3),
                     numberColumn("top1", "First", 3),
                     numberColumn("top5", "First 5", 3),
                     numberColumn("top5_low", "Low", 3),
                     numberColumn("top5_high", "High", 3)};
    for (const ReconScheme& scheme : r.schemes)
        for (const ReconLeak& leak : scheme.leaks) {
            const ReconMean auc = reconMean(leak.nearer);
            TableRow(table) << scheme.id
                            << (scheme.spec.scheme == Scheme::Pe ? 1.0
                                                                 : static_cast<double>(scheme.spec.block))
                            << scheme.keyBits << leak.embedding << static_cast<double>(leak.own.size(0))
                            << auc.value << auc.interval.low << auc.interval.high << meanOf(leak.own)
                            << meanOf(leak.other) << reconTop(leak.rank, 1).value
                            << reconTop(leak.rank, kTop);
        }
    return table;
}

Table reconConditionsTable(const ReconResults& r)
{
    Table table{.name = "conditions",
                .title = "What should come out",
                .caption = "What the methods' descriptions lead to expect, and whether this run shows it.",
                .section = "Leakage"};
    table.columns = {textColumn("condition", "Expected"),     textColumn("scheme", "Scheme"),
                     numberColumn("measured", "Measured", 3), textColumn("relation", "Should be"),
                     numberColumn("wanted", "Wanted", 3),     textColumn("holds", "Holds")};
    ReconConditions rows(table);
    for (const ReconScheme& scheme : r.schemes) {
        addLinearConditions(rows, r, scheme);
        addLeakConditions(rows, r, scheme);
    }
    return table;
}

} // namespace assay::encryption

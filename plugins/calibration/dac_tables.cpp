#include "backend/engine/reporting/table_rows.h"
#include "plugins/calibration/dac_results.h"

namespace assay::confidence {

using protocol::Table;
using reporting::numberColumn;
using reporting::TableRow;
using reporting::textColumn;

Table layersTable(const DacResults& r)
{
    Table t{.name = "layers", .title = "Layers", .section = "Numbers"};
    t.columns = {textColumn("model", "Model"), textColumn("layer", "Layer"), numberColumn("seed", "Split", 0),
                 numberColumn("weight", "Weight", 4), numberColumn("effect", "Weight × deviation", 4)};
    for (const LayerWeight& l : r.layers)
        TableRow(t) << l.model << l.layer << l.split << l.weight << l.effect;
    return t;
}

Table fitsTable(const DacResults& r)
{
    Table t{.name = "fits", .title = "Fits", .section = "Numbers"};
    t.columns = {textColumn("model", "Model"), numberColumn("seed", "Split", 0),
                 numberColumn("bias", "Temperature without density", 4), numberColumn("loss", "Loss", 6),
                 numberColumn("clipped", "Clipped share", 4)};
    for (const DacSummary& f : r.fits)
        TableRow(t) << f.model << f.split << f.bias << f.loss << f.clipped;
    return t;
}

Table temperaturesTable(const DacResults& r)
{
    Table t{.name = "temperatures", .title = "Temperatures", .section = "Numbers"};
    t.columns = {textColumn("model", "Model"),
                 textColumn("group", "Samples"),
                 numberColumn("n", "n", 0),
                 numberColumn("least", "Least", 3),
                 numberColumn("q1", "1st quartile", 3),
                 numberColumn("median", "Median", 3),
                 numberColumn("q3", "3rd quartile", 3),
                 numberColumn("greatest", "Greatest", 3)};
    for (const TemperatureGroup& g : r.temperatures) {
        TableRow row(t);
        row << g.model << g.group << static_cast<double>(g.n);
        for (const double number : g.numbers)
            row << number;
    }
    return t;
}

Table oodTable(const DacResults& r)
{
    Table t{.name = "ood", .title = "Known or not?", .section = "Density"};
    t.caption =
        "AUROC: the chance that a clean image looks more familiar (lower temperature, higher confidence, "
        "larger log-sum-exp of the logits) than one of the other set. FPR95: the share of the other set "
        "that looks as familiar as the 95 % most familiar clean images. First split.";
    t.columns = {textColumn("model", "Model"), textColumn("set", "Other set"), textColumn("score", "Score"),
                 numberColumn("auroc", "AUROC", 4), numberColumn("fpr95", "FPR95", 4)};
    for (const OodScore& o : r.ood)
        TableRow(t) << o.model << o.set << o.score << o.auroc << o.fpr95;
    return t;
}

Table correctnessTable(const DacResults& r)
{
    Table t{.name = "correctness", .title = "Accuracy by temperature", .section = "Numbers"};
    t.columns = {textColumn("model", "Model"),
                 numberColumn("temperature", "Temperature", 3),
                 numberColumn("n", "n", 0),
                 numberColumn("correct", "Right", 0),
                 numberColumn("confidence_none", "Confidence", 4),
                 numberColumn("confidence_temperature", "with a temperature", 4),
                 numberColumn("confidence_dac", "with DAC", 4)};
    for (const DensityBin& b : r.bins)
        TableRow(t) << b.model << b.temperature << static_cast<double>(b.n) << static_cast<double>(b.correct)
                    << b.none << b.plain << b.dac;
    return t;
}

} // namespace assay::confidence

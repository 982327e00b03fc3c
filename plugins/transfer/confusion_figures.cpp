#include "backend/engine/reporting/confusion_figure.h"
#include "backend/engine/reporting/rate_marks.h"
#include "plugins/transfer/class_aware_figures.h"

#include <torch/types.h>

namespace assay::transfer {

using protocol::Figure;
using protocol::Layer;

namespace {

/// The viewed pair's predictions on its AEs.
struct Examples
{
    torch::Tensor y, y1, y2, ids;
};

Examples examples(const ClassAwareResults& r, const View& view, bool transferredOnly)
{
    const EpsResult& e = r.perSource[view.source].eps[view.eps];
    torch::Tensor mask = e.y1 != r.y;
    if (transferredOnly)
        mask.logical_and_(e.y2[view.target] != r.y);
    return {r.y.masked_select(mask), e.y1.masked_select(mask), e.y2[view.target].masked_select(mask),
            r.ids.masked_select(mask)};
}

Figure classFigure(const ClassAwareResults& r, std::string name, std::string title, std::string rowLabel,
                   std::string columnLabel, Layer layer)
{
    return reporting::confusionFigure({.name = std::move(name),
                                       .title = std::move(title),
                                       .section = "Confusion",
                                       .rowLabel = std::move(rowLabel),
                                       .columnLabel = std::move(columnLabel)},
                                      r.classes, std::move(layer));
}

Layer cells(const ClassAwareResults& r, const torch::Tensor& rows, const torch::Tensor& columns,
            const torch::Tensor& ids)
{
    return reporting::confusionCells(rows, columns, ids, static_cast<std::int64_t>(r.classes.size()));
}

std::string at(const ClassAwareResults& r, const View& view)
{
    return " at ε = " + reporting::shortText(r.eps[view.eps]);
}

} // namespace

Figure wrongClassesFigure(const ClassAwareResults& r, const View& view)
{
    const Examples a = examples(r, view, true);
    const std::string &source = r.sources[view.source], &target = r.targets[view.target];
    Figure f = classFigure(r, "wrong-classes", "Wrong classes of both models" + at(r, view),
                           "Predicted by " + source, "Predicted by " + target, cells(r, a.y1, a.y2, a.ids));
    f.caption = "The " + std::to_string(a.ids.numel()) + " adversarial images that fool both " + source +
                " and " + target +
                ", by the two wrong classes. The diagonal holds the same mistakes, everything else is a "
                "different mistake.";
    return f;
}

Figure sourceConfusionFigure(const ClassAwareResults& r, const View& view)
{
    const Examples a = examples(r, view, false);
    const std::string& source = r.sources[view.source];
    Figure f = classFigure(r, "source-confusion", "Where " + source + " is led" + at(r, view), "True class",
                           "Predicted by " + source, cells(r, a.y, a.y1, a.ids));
    f.caption = "The " + std::to_string(a.ids.numel()) + " adversarial images that fool the source " +
                source + ", by true and predicted class; the diagonal is empty by definition.";
    return f;
}

Figure targetConfusionFigure(const ClassAwareResults& r, const View& view)
{
    const Examples a = examples(r, view, false);
    const std::string& target = r.targets[view.target];
    Figure f = classFigure(r, "target-confusion", "Where " + target + " is led" + at(r, view), "True class",
                           "Predicted by " + target, cells(r, a.y, a.y2, a.ids));
    f.caption = "The same " + std::to_string(a.ids.numel()) + " adversarial images as " + target +
                " sees them; the diagonal holds those that do not transfer.";
    return f;
}

} // namespace assay::transfer

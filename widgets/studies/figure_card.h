#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/json.h"
#include "widgets/studies/result_card.h"

#include <memory>

namespace assay::widgets {

class FigureView;
class Selection;
class SelectionLink;

/// A figure on the page of results.
class FigureCard : public ResultCard
{
    Q_OBJECT
public:
    FigureCard(const QString& name, Selection& selection, QWidget* parent);

    /// Takes a new value of the figure; the plot follows when it can be seen.
    void setFigure(std::shared_ptr<const protocol::Figure> figure);
    FigureView* view() const { return m_view; }
    bool isWide() const override;
    void setTheme(const Theme& theme) override;

Q_SIGNALS:
    /// A mark that stands for live parameters was chosen; @p opens: the gallery that shows what it stands
    /// for.
    void picked(const assay::Json& params, const QString& opens);

protected:
    void refresh() override;
    int contentHeight(int width) const override;

private:
    std::shared_ptr<const protocol::Figure> m_figure;
    SelectionLink* m_link;
    FigureView* m_view;
};

} // namespace assay::widgets

#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/json.h"
#include "widgets/theme/theme.h"

#include <QWidget>

#include <memory>

class QCustomPlot;

namespace assay::widgets {

class Selection;

/// Shows one Figure with QCustomPlot: zoom and pan, hover values, legend, marks of the linked selection.
/// Clicking (or rubber-banding with Shift) a mark selects its samples; a selection made elsewhere is shown
/// as the share of each mark's samples that is selected.
class FigureView : public QWidget
{
    Q_OBJECT
public:
    explicit FigureView(Selection* selection, QWidget* parent = nullptr);
    ~FigureView() override;

    /// Replaces what is shown; keeps zoom when the axes are the same. Cheap enough for a slider.
    void setFigure(std::shared_ptr<const protocol::Figure> figure);
    const protocol::Figure* figure() const;
    void setTheme(const Theme& theme);
    /// Off where the title already stands above the view, as on the page of results.
    void setTitleShown(bool shown);
    QCustomPlot* plot() const;

Q_SIGNALS:
    /// The user asked for the export dialog.
    void exportRequested();
    /// One mark was chosen of a figure whose marks stand for live parameters: those to set. None where it
    /// only opens a gallery.
    void picked(const assay::Json& params);

protected:
    QSize sizeHint() const override;
    void changeEvent(QEvent* event) override;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace assay::widgets

#pragma once

#include "widgets/report/editor/item_view.h"

#include <vector>

class QLabel;

namespace assay::widgets {

class FigureView;

/// A figure on the paper: one panel, or several with letters in rows of equal panels.
class FigureItem : public ItemView
{
    Q_OBJECT
public:
    explicit FigureItem(QWidget* parent);

    void setTheme(const Theme& theme) override;
    bool refreshNow() override;
    /// Null before it has come into view.
    FigureView* panel(int index) const;

protected:
    void take() override;
    int contentHeight(int width) const override;
    void placeContent(const QRect& place) override;
    void paintEvent(QPaintEvent* event) override;

private:
    struct Panel
    {
        QLabel* heading = nullptr;
        FigureView* view = nullptr;
        std::shared_ptr<const protocol::Figure> shown;
    };
    int columns() const;
    int drawnWidth(int width) const;
    int headingHeight() const;
    /// Of a row's panels, without their headings.
    int rowHeight(int row, int panelWidth) const;
    int stale() const;

    std::vector<Panel> m_panels;
};

} // namespace assay::widgets

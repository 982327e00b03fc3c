#pragma once

#include "widgets/theme/theme.h"

#include <QWidget>

#include <memory>

class QLabel;
class QPushButton;
class QStackedWidget;

namespace assay::protocol {
struct ImageGrid;
}

namespace assay::widgets {

class RunRecord;
class Selection;
class VariantView;

/// What is selected: how many samples and why, the primary one large in all its variants, and what the
/// run's galleries say of it.
class SelectionInspector : public QWidget
{
    Q_OBJECT
public:
    explicit SelectionInspector(Selection& selection, QWidget* parent = nullptr);

    /// The run whose galleries are looked into; null for none.
    void setRecord(const RunRecord* record);
    void setTheme(const Theme& theme);

protected:
    void showEvent(QShowEvent* event) override;

private:
    void update();
    void showSample(const protocol::ImageGrid& grid, std::size_t row);

    Selection& m_selection;
    const RunRecord* m_record = nullptr;
    QStackedWidget* m_pages;
    QLabel* m_count;
    QLabel* m_reason;
    QLabel* m_sample;
    VariantView* m_pixels;
    QLabel* m_facts;
    QLabel* m_note;
    QPushButton* m_previous;
    QPushButton* m_next;
    QPushButton* m_clear;
    bool m_stale = true;
};

} // namespace assay::widgets

#pragma once

#include "widgets/browsing/sample_filter.h"
#include "widgets/theme/theme.h"

#include <QTimer>
#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QSlider;
class QToolButton;

namespace assay::widgets {

class FlowLayout;
class SegmentButton;
class Selection;

/// What stands above the images of a data set: the split, the filters with the number of images of each
/// value, the size of the tiles, and how many are shown. The chosen classes are a selection of its own kind,
/// shared with the chart: its ids are classes.
class BrowseFilters : public QWidget
{
    Q_OBJECT
public:
    BrowseFilters(Selection& classes, QWidget* parent);

    /// @param train, test how many images each has; one without any cannot be chosen
    void setSplits(qint64 train, qint64 test);
    /// "train" or "test"
    QString split() const;
    /// Makes the choices; those made before stay where they still exist.
    void setTable(const SampleTable& table);
    SampleFilter filter() const;
    void showCounts(const FilteredSamples& samples, qint64 count);
    void setZoom(int side, int smallest, int largest);
    bool showsBalance() const;
    bool showsSample() const;
    void setTheme(const Theme& theme);
    /// Takes all filters off.
    void reset();
    void focusSearch();

Q_SIGNALS:
    void splitChanged();
    void filterChanged();
    void zoomChanged(int side);
    void balanceToggled(bool shown);
    void sampleToggled(bool shown);

private:
    void build();
    QWidget* makeSplits();
    QWidget* makeZoom();
    QToolButton* makeButton(const char* name, const QString& text);
    void makeAttributes(const SampleTable& table);
    void takeClassChoice();
    void showClassChoice();

    Selection& m_classes;
    SegmentButton* m_train = nullptr;
    SegmentButton* m_test = nullptr;
    QLineEdit* m_search;
    QComboBox* m_class;
    QToolButton* m_reset;
    QToolButton* m_balance;
    QToolButton* m_sample;
    QToolButton* m_more;
    QSlider* m_zoom = nullptr;
    QToolButton* m_smaller = nullptr;
    QToolButton* m_larger = nullptr;
    QLabel* m_shown;
    QWidget* m_attributeRow;
    FlowLayout* m_attributeFlow;
    QList<QComboBox*> m_attributes;
    QStringList m_classNames;
    QTimer m_typing; ///< the text is looked for when typing pauses
};

} // namespace assay::widgets

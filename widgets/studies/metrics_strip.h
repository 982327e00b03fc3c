#pragma once

#include "backend/protocol/table.h"

#include <QHash>
#include <QWidget>

#include <functional>
#include <vector>

class QFrame;
class QLabel;
class QPushButton;

namespace assay::widgets {

class ElidedLabel;
class MetricLayout;

/// A metric as the user reads it.
struct MetricText
{
    QString name;     ///< "Accuracy · Reference CNN"
    QString value;    ///< "91.2 %"
    QString interval; ///< "90.1 – 92.2"
    QString counts;   ///< "913 of 1,000 test images"
};

/// @param titleOf gives the title of a model of the workspace, or nothing.
MetricText metricText(const protocol::Metric& metric, const std::function<QString(const QString&)>& titleOf);

/// The run's key numbers with their intervals and counts: one row of them, all on demand.
class MetricsStrip : public QWidget
{
    Q_OBJECT
public:
    explicit MetricsStrip(QWidget* parent = nullptr);

    void setTitles(std::function<QString(const QString&)> titleOf) { m_titleOf = std::move(titleOf); }
    void setMetrics(const std::vector<protocol::Metric>& metrics);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Tile
    {
        QFrame* frame = nullptr;
        ElidedLabel* name = nullptr;
        QLabel* value = nullptr;
        ElidedLabel* detail = nullptr;
    };

    Tile makeTile();
    void updateToggle();

    std::function<QString(const QString&)> m_titleOf;
    QWidget* m_body;
    MetricLayout* m_flow;
    QPushButton* m_toggle;
    std::vector<Tile> m_tiles;
};

} // namespace assay::widgets

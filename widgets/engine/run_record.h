#pragma once

#include "backend/protocol/event.h"

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace assay::widgets {

/// What the window knows of one run: its events, put together. Views share the values as immutable
/// pointers. A figure, table, grid or metric of a name that exists replaces it in place (or appends, for
/// grids that say so). Previews replace values for the view only; endPreview() puts the stored ones back.
/// GUI thread only. progressChanged() comes at most ten times a second, however fast the engine reports.
class RunRecord : public QObject
{
    Q_OBJECT
public:
    explicit RunRecord(QString id, QObject* parent = nullptr);

    template <class T>
    struct Named
    {
        std::string name;
        std::shared_ptr<const T> value;
    };

    const QString& id() const { return m_id; }
    const protocol::RunSpec& spec() const { return m_spec; }
    const Json& provenance() const { return m_provenance; }
    protocol::RunState state() const { return m_state; }
    const QString& error() const { return m_error; }
    const protocol::Progress& progress() const { return m_progress; }
    const std::vector<protocol::LogLine>& log() const { return m_log; }
    const std::vector<Named<protocol::Figure>>& figures() const { return m_figures; }
    const std::vector<Named<protocol::Table>>& tables() const { return m_tables; }
    const std::vector<Named<protocol::ImageGrid>>& grids() const { return m_grids; }
    const std::vector<Named<protocol::Scene>>& scenes() const { return m_scenes; }
    const std::vector<protocol::Metric>& metrics() const { return m_metrics; }
    const std::vector<protocol::Artifact>& artifacts() const { return m_artifacts; }

    /// A grid whose pixels lie in a file must have been fetched before: one whose pixel count does not fit
    /// its size is not taken, and the log says so.
    void apply(protocol::Event event);
    /// Shows a figure, table, grid or metric in place of the stored one. Progress, artifacts and the run's
    /// own start and end mean nothing in a preview and are ignored.
    void applyPreview(protocol::Event event);
    /// The first grid of a name in a preview that begins after this call replaces what an earlier preview
    /// showed, also when it says "append".
    void beginPreview();
    void endPreview();
    bool isPreviewing() const { return m_previewing; }
    /// The run as it is stored, whatever a preview shows: a record of its own that shares the values.
    std::shared_ptr<RunRecord> stored() const;
    /// A preview was asked for; settlePreview() when the newest one has been answered or given up. In between
    /// what is shown may be of older parameters than those the user has set.
    void expectPreview() { m_expecting = true; }
    void settlePreview();
    bool isExpectingPreview() const { return m_expecting; }
    void setState(protocol::RunState state, const QString& error = {});

Q_SIGNALS:
    void stateChanged();
    void progressChanged();
    void logAdded(const protocol::LogLine& line);
    void figureChanged(const QString& name);
    void tableChanged(const QString& name);
    void gridChanged(const QString& name);
    void sceneChanged(const QString& name);
    /// After settlePreview() and endPreview(): what is shown is what was asked for.
    void previewSettled();
    void metricAdded(const QString& name);
    void artifactAdded(const QString& name);

private:
    template <class T>
    using Values = std::vector<Named<T>>;
    template <class T>
    using Changed = void (RunRecord::*)(const QString&);

    template <class T>
    void take(Values<T>& shown, Values<T>& stored, T value, Changed<T> changed);
    template <class T>
    void show(Values<T>& shown, Values<T>& stored, T value, Changed<T> changed);
    template <class T>
    void putBack(Values<T>& shown, Values<T>& stored, Changed<T> changed);
    bool isWhole(const protocol::ImageGrid& grid);
    bool isWhole(const protocol::Scene& scene);
    void takeGrid(protocol::ImageGrid grid);
    void showGrid(protocol::ImageGrid grid);
    void takeScene(protocol::Scene scene);
    void showScene(protocol::Scene scene);
    void takeMetric(protocol::Metric metric);
    void showMetric(protocol::Metric metric);
    void takeLog(protocol::LogLine line);
    void takeProgress(protocol::Progress progress);

    QString m_id;
    protocol::RunSpec m_spec;
    Json m_provenance;
    protocol::RunState m_state = protocol::RunState::Queued;
    QString m_error;
    protocol::Progress m_progress;
    std::vector<protocol::LogLine> m_log;
    std::vector<Named<protocol::Figure>> m_figures;
    std::vector<Named<protocol::Table>> m_tables;
    std::vector<Named<protocol::ImageGrid>> m_grids;
    std::vector<Named<protocol::Scene>> m_scenes;
    std::vector<protocol::Metric> m_metrics;
    std::vector<protocol::Artifact> m_artifacts;

    // What a preview covers up: the stored value, or none when the preview brought the name.
    bool m_previewing = false;
    bool m_expecting = false;
    Values<protocol::Figure> m_storedFigures;
    Values<protocol::Table> m_storedTables;
    Values<protocol::ImageGrid> m_storedGrids;
    Values<protocol::Scene> m_storedScenes;
    std::vector<std::pair<std::string, std::optional<protocol::Metric>>> m_storedMetrics;
    std::vector<std::string> m_previewGrids; ///< shown by the preview that is arriving

    QTimer m_progressTimer;
    QElapsedTimer m_sinceProgress;
};

/// The value named @p name, or null.
template <class T>
std::shared_ptr<const T> valueOf(const std::vector<RunRecord::Named<T>>& values, const QString& name)
{
    const std::string key = name.toStdString();
    const auto it = std::find_if(values.begin(), values.end(), [&](const auto& v) { return v.name == key; });
    return it == values.end() ? nullptr : it->value;
}

} // namespace assay::widgets

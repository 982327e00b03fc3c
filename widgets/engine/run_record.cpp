#include "widgets/engine/run_record.h"

#include "widgets/engine/grid_join.h"

#include <QDateTime>

#include <algorithm>
#include <type_traits>

namespace assay::widgets {

using namespace protocol;

namespace {

constexpr int kProgressEveryMs = 100;

template <class T>
auto findNamed(std::vector<RunRecord::Named<T>>& values, const std::string& name)
{
    return std::find_if(values.begin(), values.end(), [&](const auto& v) { return v.name == name; });
}

template <class T>
void put(std::vector<RunRecord::Named<T>>& values, const std::string& name, std::shared_ptr<const T> value)
{
    if (const auto it = findNamed(values, name); it != values.end())
        it->value = std::move(value);
    else
        values.push_back({name, std::move(value)});
}

auto findMetric(std::vector<Metric>& metrics, const std::string& name)
{
    return std::find_if(metrics.begin(), metrics.end(), [&](const Metric& m) { return m.name == name; });
}

void putMetric(std::vector<Metric>& metrics, Metric metric)
{
    if (const auto it = findMetric(metrics, metric.name); it != metrics.end())
        *it = std::move(metric);
    else
        metrics.push_back(std::move(metric));
}

/// Gives pictures without pixels those of the same name and form in @p shown.
void keepPictures(Scene& scene, const Scene& shown)
{
    if (scene.width != shown.width || scene.height != shown.height)
        return;
    for (ScenePicture& picture : scene.pictures) {
        const auto same = [&](const ScenePicture& s) {
            return s.name == picture.name && s.channels == picture.channels;
        };
        const auto it = std::find_if(shown.pictures.begin(), shown.pictures.end(), same);
        if (picture.pixels.empty() && it != shown.pictures.end())
            picture.pixels = it->pixels;
    }
}

template <class... F>
struct Overloaded : F...
{
    using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

} // namespace

RunRecord::RunRecord(QString id, QObject* parent)
    : QObject(parent)
    , m_id(std::move(id))
{
    m_progressTimer.setSingleShot(true);
    connect(&m_progressTimer, &QTimer::timeout, this, [this] {
        m_sinceProgress.start();
        Q_EMIT progressChanged();
    });
}

void RunRecord::setState(RunState state, const QString& error)
{
    if (state == m_state && error == m_error)
        return;
    m_state = state;
    m_error = error;
    if (m_progressTimer.isActive()) {
        m_progressTimer.stop();
        Q_EMIT progressChanged();
    }
    Q_EMIT stateChanged();
}

template <class T>
void RunRecord::take(Values<T>& shown, Values<T>& stored, T value, Changed<T> changed)
{
    const std::string name = value.name;
    auto shared = std::make_shared<const T>(std::move(value));
    // A value that a preview covers up changes underneath it and appears when the preview ends.
    if (const auto it = findNamed(stored, name); it != stored.end()) {
        it->value = std::move(shared);
        return;
    }
    put(shown, name, std::move(shared));
    Q_EMIT(this->*changed)(QString::fromStdString(name));
}

template <class T>
void RunRecord::show(Values<T>& shown, Values<T>& stored, T value, Changed<T> changed)
{
    const std::string name = value.name;
    m_previewing = true;
    if (findNamed(stored, name) == stored.end()) {
        const auto it = findNamed(shown, name);
        stored.push_back({name, it == shown.end() ? nullptr : it->value});
    }
    put(shown, name, std::make_shared<const T>(std::move(value)));
    Q_EMIT(this->*changed)(QString::fromStdString(name));
}

template <class T>
void RunRecord::putBack(Values<T>& shown, Values<T>& stored, Changed<T> changed)
{
    const Values<T> before = std::exchange(stored, {});
    for (const Named<T>& named : before) {
        if (named.value)
            put(shown, named.name, named.value);
        else
            shown.erase(findNamed(shown, named.name));
        Q_EMIT(this->*changed)(QString::fromStdString(named.name));
    }
}

bool RunRecord::isWhole(const Scene& scene)
{
    const auto lacks = [](const ScenePicture& picture) { return picture.pixels.empty(); };
    if (std::none_of(scene.pictures.begin(), scene.pictures.end(), lacks))
        return true;
    const QString text = tr("The picture of '%1' is not shown: its pixels did not arrive.");
    takeLog({LogLevel::Error, text.arg(QString::fromStdString(scene.name)).toStdString(),
             double(QDateTime::currentSecsSinceEpoch())});
    return false;
}

bool RunRecord::isWhole(const ImageGrid& grid)
{
    if (grid.pixels.size() == grid.pixelBytes())
        return true;
    const QString text = tr("The images of '%1' are not shown: %2 bytes arrived for %3 images of %4 bytes.")
                             .arg(QString::fromStdString(grid.name))
                             .arg(grid.pixels.size())
                             .arg(grid.count())
                             .arg(grid.variants.size() * grid.imageBytes());
    takeLog({LogLevel::Error, text.toStdString(), double(QDateTime::currentSecsSinceEpoch())});
    return false;
}

void RunRecord::takeGrid(ImageGrid grid)
{
    if (!isWhole(grid))
        return;
    if (grid.append) {
        auto& values = findNamed(m_storedGrids, grid.name) != m_storedGrids.end() ? m_storedGrids : m_grids;
        const auto it = findNamed(values, grid.name);
        if (it != values.end() && it->value && canJoin(*it->value, grid))
            grid = joined(*it->value, grid);
    }
    take(m_grids, m_storedGrids, std::move(grid), &RunRecord::gridChanged);
}

void RunRecord::showGrid(ImageGrid grid)
{
    if (!isWhole(grid))
        return;
    const auto known = std::find(m_previewGrids.begin(), m_previewGrids.end(), grid.name);
    if (known == m_previewGrids.end()) {
        m_previewGrids.push_back(grid.name);
    } else if (grid.append) {
        const auto it = findNamed(m_grids, grid.name);
        if (it != m_grids.end() && canJoin(*it->value, grid))
            grid = joined(*it->value, grid);
    }
    show(m_grids, m_storedGrids, std::move(grid), &RunRecord::gridChanged);
}

void RunRecord::takeScene(Scene scene)
{
    auto& values = findNamed(m_storedScenes, scene.name) != m_storedScenes.end() ? m_storedScenes : m_scenes;
    if (const auto it = findNamed(values, scene.name); it != values.end() && it->value)
        keepPictures(scene, *it->value);
    if (isWhole(scene))
        take(m_scenes, m_storedScenes, std::move(scene), &RunRecord::sceneChanged);
}

void RunRecord::showScene(Scene scene)
{
    if (const auto it = findNamed(m_scenes, scene.name); it != m_scenes.end())
        keepPictures(scene, *it->value);
    if (isWhole(scene))
        show(m_scenes, m_storedScenes, std::move(scene), &RunRecord::sceneChanged);
}

void RunRecord::takeMetric(Metric metric)
{
    for (auto& [name, stored] : m_storedMetrics) {
        if (name == metric.name) {
            stored = std::move(metric);
            return;
        }
    }
    const QString name = QString::fromStdString(metric.name);
    putMetric(m_metrics, std::move(metric));
    Q_EMIT metricAdded(name);
}

void RunRecord::showMetric(Metric metric)
{
    m_previewing = true;
    const auto covered = [&](const auto& stored) { return stored.first == metric.name; };
    if (std::none_of(m_storedMetrics.begin(), m_storedMetrics.end(), covered)) {
        const auto it = findMetric(m_metrics, metric.name);
        m_storedMetrics.emplace_back(metric.name,
                                     it == m_metrics.end() ? std::nullopt : std::optional<Metric>(*it));
    }
    const QString name = QString::fromStdString(metric.name);
    putMetric(m_metrics, std::move(metric));
    Q_EMIT metricAdded(name);
}

void RunRecord::takeLog(LogLine line)
{
    m_log.push_back(std::move(line));
    // A copy: a slot may make the run say more, which moves the vector.
    const LogLine added = m_log.back();
    Q_EMIT logAdded(added);
}

void RunRecord::takeProgress(Progress progress)
{
    m_progress = std::move(progress);
    if (m_progressTimer.isActive())
        return;
    const qint64 since = m_sinceProgress.isValid() ? m_sinceProgress.elapsed() : kProgressEveryMs;
    m_progressTimer.start(int(std::max<qint64>(0, kProgressEveryMs - since)));
}

void RunRecord::apply(Event event)
{
    std::visit(Overloaded{
                   [this](RunStarted&& started) {
                       m_spec = std::move(started.spec);
                       m_provenance = std::move(started.provenance);
                       if (!isFinal(m_state))
                           setState(RunState::Running);
                   },
                   [this](Progress&& progress) { takeProgress(std::move(progress)); },
                   [this](LogLine&& line) { takeLog(std::move(line)); },
                   [this](Figure&& figure) {
                       take(m_figures, m_storedFigures, std::move(figure), &RunRecord::figureChanged);
                   },
                   [this](Table&& table) {
                       take(m_tables, m_storedTables, std::move(table), &RunRecord::tableChanged);
                   },
                   [this](ImageGrid&& grid) { takeGrid(std::move(grid)); },
                   [this](Scene&& scene) { takeScene(std::move(scene)); },
                   [this](Metric&& metric) { takeMetric(std::move(metric)); },
                   [this](Artifact&& artifact) {
                       const QString name = QString::fromStdString(artifact.name);
                       m_artifacts.push_back(std::move(artifact));
                       Q_EMIT artifactAdded(name);
                   },
                   [this](RunFinished&& finished) {
                       if (!finished.provenance.is_null())
                           m_provenance = std::move(finished.provenance);
                       setState(finished.state, QString::fromStdString(finished.error));
                   },
               },
               std::move(event));
}

void RunRecord::applyPreview(Event event)
{
    std::visit(Overloaded{
                   [this](Figure&& figure) {
                       show(m_figures, m_storedFigures, std::move(figure), &RunRecord::figureChanged);
                   },
                   [this](Table&& table) {
                       show(m_tables, m_storedTables, std::move(table), &RunRecord::tableChanged);
                   },
                   [this](ImageGrid&& grid) { showGrid(std::move(grid)); },
                   [this](Scene&& scene) { showScene(std::move(scene)); },
                   [this](Metric&& metric) { showMetric(std::move(metric)); },
                   [this](LogLine&& line) { takeLog(std::move(line)); },
                   [](Progress&&) {},
                   [](Artifact&&) {},
                   [](RunStarted&&) {},
                   [](RunFinished&&) {},
               },
               std::move(event));
}

void RunRecord::beginPreview()
{
    m_previewGrids.clear();
}

void RunRecord::settlePreview()
{
    m_expecting = false;
    Q_EMIT previewSettled();
}

void RunRecord::endPreview()
{
    if (!m_previewing)
        return settlePreview();
    m_previewing = false;
    m_previewGrids.clear();
    putBack(m_figures, m_storedFigures, &RunRecord::figureChanged);
    putBack(m_tables, m_storedTables, &RunRecord::tableChanged);
    putBack(m_grids, m_storedGrids, &RunRecord::gridChanged);
    putBack(m_scenes, m_storedScenes, &RunRecord::sceneChanged);
    const auto metrics = std::exchange(m_storedMetrics, {});
    for (const auto& [name, stored] : metrics) {
        if (stored)
            putMetric(m_metrics, *stored);
        else
            m_metrics.erase(findMetric(m_metrics, name));
        Q_EMIT metricAdded(QString::fromStdString(name));
    }
    settlePreview();
}

std::shared_ptr<RunRecord> RunRecord::stored() const
{
    auto copy = std::make_shared<RunRecord>(m_id);
    copy->m_spec = m_spec;
    copy->m_provenance = m_provenance;
    copy->m_state = m_state;
    copy->m_error = m_error;
    copy->m_progress = m_progress;
    copy->m_log = m_log;
    copy->m_figures = m_figures;
    copy->m_tables = m_tables;
    copy->m_grids = m_grids;
    copy->m_scenes = m_scenes;
    copy->m_metrics = m_metrics;
    copy->m_artifacts = m_artifacts;
    copy->m_previewing = m_previewing;
    copy->m_storedFigures = m_storedFigures;
    copy->m_storedTables = m_storedTables;
    copy->m_storedGrids = m_storedGrids;
    copy->m_storedScenes = m_storedScenes;
    copy->m_storedMetrics = m_storedMetrics;
    copy->endPreview();
    return copy;
}

} // namespace assay::widgets

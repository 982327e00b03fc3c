#include "widgets/browsing/data_browser.h"

#include "widgets/browsing/background.h"
#include "widgets/browsing/browse_filters.h"
#include "widgets/browsing/class_balance.h"
#include "widgets/browsing/message_page.h"
#include "widgets/browsing/sample_panel.h"
#include "widgets/browsing/sample_tiles.h"
#include "widgets/figures/figure_view.h"
#include "widgets/studies/text_kit.h"

#include <QLocale>
#include <QShortcut>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <exception>

namespace assay::widgets {

namespace {

/// Models of this data set that are asked when the user has chosen none.
constexpr int kModelsAtFirst = 3;

struct ReadTable
{
    std::shared_ptr<const SampleTable> table;
    QString problem;
};

struct Applied
{
    FilteredSamples samples;
    protocol::Figure balance;
};

/// The most accurate models of a data set.
QStringList bestModels(const Catalogue& catalogue, const QString& dataset)
{
    QList<ModelEntry> models;
    std::copy_if(catalogue.models.begin(), catalogue.models.end(), std::back_inserter(models),
                 [&](const ModelEntry& model) { return model.dataset == dataset && !model.predictionsOnly; });
    std::stable_sort(models.begin(), models.end(), [](const ModelEntry& a, const ModelEntry& b) {
        return a.accuracyFraction.value_or(0) > b.accuracyFraction.value_or(0);
    });
    QStringList names;
    for (const ModelEntry& model : models.mid(0, kModelsAtFirst))
        names << model.name;
    return names;
}

/// What of an entry makes the images other ones.
bool sameImages(const DatasetEntry& a, const DatasetEntry& b)
{
    return a.available == b.available && a.train == b.train && a.test == b.test && a.classes == b.classes &&
           a.channels == b.channels && a.height == b.height && a.width == b.width &&
           a.location == b.location && a.warning == b.warning;
}

} // namespace

DataBrowser::DataBrowser(EnginePort port, Selection& selection, const QString& name, QWidget* parent)
    : BrowsingPage(QStringLiteral("dataset"), name, parent)
    , m_port(std::move(port))
    , m_workspace(selection)
    , m_title(makeText("title", name, this))
    , m_facts(new ElidedLabel("muted", this))
    , m_origin(new ElidedLabel("small", this))
    , m_warning(makeParagraph("warning", {}, this))
    , m_away(makeParagraph("warning", {}, this))
    , m_pages(new QStackedWidget(this))
    , m_message(new MessagePage(m_pages))
    , m_filters(new BrowseFilters(m_classes, this))
    , m_store(new ThumbnailStore(m_port, this))
    , m_tiles(new SampleTiles(*m_store, this, this))
    , m_balance(new FigureView(&m_classes, this))
    , m_balanceBox(new QWidget(this))
    , m_panel(new SamplePanel(m_port, this))
    , m_split(new QSplitter(Qt::Horizontal, this))
    , m_column(new QSplitter(Qt::Vertical, this))
{
    setObjectName(QStringLiteral("dataBrowser"));
    build();
    connectParts();
    m_filters->setZoom(m_tiles->imageSide(), m_tiles->smallestSide(), m_tiles->largestSide());
    say(tr("Waiting for the engine's list of data sets."), false);
}

DataBrowser::~DataBrowser() = default;

void DataBrowser::build()
{
    const int line = fontMetrics().height();
    m_title->setObjectName(QStringLiteral("browserTitle"));
    m_facts->setObjectName(QStringLiteral("browserFacts"));
    m_warning->setObjectName(QStringLiteral("browserWarning"));
    m_away->setObjectName(QStringLiteral("browserAway"));
    m_warning->hide();
    m_away->hide();
    auto* heading = new QHBoxLayout;
    heading->setSpacing(line);
    heading->addWidget(m_title);
    heading->addWidget(m_facts, 1);

    auto* balanceLayout = new QVBoxLayout(m_balanceBox);
    balanceLayout->setContentsMargins(0, 0, 0, 0);
    m_balance->setObjectName(QStringLiteral("classBalance"));
    balanceLayout->addWidget(m_balance);
    m_column->setChildrenCollapsible(false);
    m_column->addWidget(m_tiles);
    m_column->addWidget(m_balanceBox);
    m_column->setStretchFactor(0, 1);
    m_column->setStretchFactor(1, 0);
    m_column->setSizes({line * 40, line * 11});
    m_split->setChildrenCollapsible(false);
    m_split->addWidget(m_column);
    m_split->addWidget(m_panel);
    m_split->setStretchFactor(0, 1);
    m_split->setStretchFactor(1, 0);
    m_split->setSizes({line * 60, line * 19});

    auto* browser = new QWidget(m_pages);
    auto* content = new QVBoxLayout(browser);
    content->setContentsMargins(0, 0, 0, 0);
    content->setSpacing(line / 2);
    content->addWidget(m_filters);
    content->addWidget(m_split, 1);
    m_pages->addWidget(browser);
    m_pages->addWidget(m_message);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(line * 3 / 4, line / 2, line * 3 / 4, line / 2);
    layout->setSpacing(line / 4);
    layout->addLayout(heading);
    for (QWidget* widget : std::initializer_list<QWidget*>{m_origin, m_warning, m_away})
        layout->addWidget(widget);
    layout->addSpacing(line / 4);
    layout->addWidget(m_pages, 1);
}

void DataBrowser::connectParts()
{
    connect(m_message, &MessagePage::triedAgain, this, &DataBrowser::load);
    connect(m_filters, &BrowseFilters::filterChanged, this, &DataBrowser::applyFilter);
    connect(m_filters, &BrowseFilters::splitChanged, this, &DataBrowser::load);
    connect(m_filters, &BrowseFilters::balanceToggled, m_balanceBox, &QWidget::setVisible);
    connect(m_filters, &BrowseFilters::sampleToggled, m_panel, &QWidget::setVisible);
    const auto zoom = [this](int side) {
        m_tiles->setImageSide(side);
        m_filters->setZoom(m_tiles->imageSide(), m_tiles->smallestSide(), m_tiles->largestSide());
    };
    connect(m_filters, &BrowseFilters::zoomChanged, this, zoom);
    connect(m_tiles, &SampleTiles::zoomRequested, this, zoom);
    connect(&m_workspace, &Selection::changed, this, &DataBrowser::followSelection);
    connect(&m_training, &Selection::changed, this, &DataBrowser::followSelection);
    auto* find = new QShortcut(QKeySequence::Find, this);
    find->setContext(Qt::WidgetWithChildrenShortcut);
    connect(find, &QShortcut::activated, m_filters, &BrowseFilters::focusSearch);
}

QString DataBrowser::title() const
{
    return m_known && !m_entry.title.isEmpty() ? m_entry.title : name();
}

Selection& DataBrowser::selection()
{
    return m_filters->split() == QLatin1String("test") ? m_workspace : m_training;
}

void DataBrowser::setCatalogue(const Catalogue& catalogue)
{
    const DatasetEntry* entry = catalogue.dataset(name());
    const bool wasKnown = m_known;
    const DatasetEntry before = m_entry;
    m_known = entry != nullptr;
    m_entry = entry ? *entry : DatasetEntry();
    QStringList names;
    for (const ModelEntry& model : catalogue.models)
        names << model.name;
    if (names != m_modelNames) {
        m_modelNames = names;
        m_panel->setModels(catalogue.choices().models, bestModels(catalogue, name()));
    }
    showEntry();
    Q_EMIT titleChanged();
    if (!m_known)
        say(catalogue.datasets.isEmpty()
                ? tr("Waiting for the engine's list of data sets.")
                : tr("The data set “%1” is no longer in this workspace.").arg(name()),
            false);
    else if (!m_entry.available)
        say(m_entry.problem.isEmpty() ? tr("This data set is not available.") : m_entry.problem, false);
    else if (!wasKnown || !sameImages(before, m_entry) || (!m_table && !m_loading))
        load();
}

void DataBrowser::showEntry()
{
    m_title->setText(title());
    showFacts();
    QStringList origin;
    for (const QString& text : {m_entry.source, m_entry.note}) {
        if (!text.isEmpty())
            origin << text;
    }
    m_origin->setWholeText(origin.join(QStringLiteral(" · ")));
    m_origin->setVisible(!origin.isEmpty());
    m_warning->setText(m_entry.warning);
    m_warning->setVisible(!m_entry.warning.isEmpty());
    const QSignalBlocker quiet(m_filters);
    m_filters->setSplits(m_entry.train, m_entry.test);
}

void DataBrowser::showFacts()
{
    QStringList facts;
    const QLocale locale;
    if (m_entry.available) {
        facts << tr("%1 train, %2 test").arg(locale.toString(m_entry.train), locale.toString(m_entry.test));
        facts << tr("%1 classes").arg(m_entry.classes.size());
        facts << tr("%1 × %2 × %3").arg(m_entry.channels).arg(m_entry.height).arg(m_entry.width);
    }
    if (!m_entry.licence.isEmpty())
        facts << tr("licence %1").arg(m_entry.licence);
    if (!m_entry.format.isEmpty() && m_entry.own)
        facts << m_entry.format;
    m_facts->setWholeText(facts.join(QStringLiteral(" · ")));
}

void DataBrowser::setTheme(const Theme& theme)
{
    m_filters->setTheme(theme);
    m_tiles->setTheme(theme);
    m_balance->setTheme(theme);
    m_panel->setTheme(theme);
}

void DataBrowser::setEngineProblem(const QString& problem)
{
    m_engineProblem = problem;
    m_store->setReady(problem.isEmpty());
    m_away->setText(problem);
    m_away->setVisible(!problem.isEmpty() && m_table);
    if (!problem.isEmpty() && !m_table)
        say(problem, false);
    else if (problem.isEmpty() && m_known && m_entry.available && !m_table && !m_loading)
        load();
    else if (problem.isEmpty() && m_table && m_panel->shownId() >= 0)
        m_panel->show(m_panel->shownId());
}

void DataBrowser::say(const QString& sentence, bool mayTryAgain)
{
    m_message->say(sentence, mayTryAgain);
    m_pages->setCurrentWidget(m_message);
}

void DataBrowser::load()
{
    if (!m_known || !m_entry.available)
        return;
    const quint64 serial = ++m_serial;
    m_table.reset();
    m_loading = true;
    m_panel->setSource({}, {}, {});
    m_store->setSource({}, {}, 1);
    say(m_engineProblem.isEmpty() ? tr("Reading the list of images …") : m_engineProblem, false);
    const Json params = {{"data", name().toStdString()}, {"split", m_filters->split().toStdString()}};
    m_port("data.table", params, this, [this, serial](const protocol::Reply& reply) {
        if (serial != m_serial)
            return;
        if (!reply.ok) {
            m_loading = false;
            say(QString::fromStdString(reply.error), true);
            return;
        }
        const auto bytes = std::make_shared<const std::vector<std::uint8_t>>(reply.bytes);
        inBackground(
            this,
            [head = reply.result, bytes]() -> ReadTable {
                try {
                    return {std::make_shared<const SampleTable>(readSampleTable(head, *bytes)), {}};
                } catch (const std::exception& error) {
                    return {nullptr, QString::fromUtf8(error.what())};
                }
            },
            [this, serial](const ReadTable& read) {
                if (serial != m_serial)
                    return;
                m_loading = false;
                if (read.table)
                    takeTable(read.table);
                else
                    say(read.problem, true);
            });
    });
}

void DataBrowser::takeTable(std::shared_ptr<const SampleTable> table)
{
    m_table = std::move(table);
    const QString split = m_filters->split();
    m_store->setSource(name(), split, std::max(m_table->height, m_table->width));
    m_panel->setSource(name(), split, m_table->classes);
    {
        const QSignalBlocker quiet(m_filters);
        m_filters->setTable(*m_table);
    }
    m_tiles->setSelection(&selection());
    m_tiles->setShown({}, tr("Counting …"));
    m_tiles->setImageSize({m_table->width, m_table->height});
    m_tiles->setCaption(m_table->classes.isEmpty()
                            ? std::function<QString(qint64)>()
                            : [table = m_table](qint64 id) { return table->className(id); });
    m_pages->setCurrentIndex(0);
    m_away->setVisible(!m_engineProblem.isEmpty());
    applyFilter();
    followSelection();
}

void DataBrowser::applyFilter()
{
    if (!m_table)
        return;
    if (m_filtering) { // the newest follows when this one is done
        m_filterAgain = true;
        return;
    }
    m_filtering = true;
    m_filterAgain = false;
    inBackground(
        this,
        [table = m_table, filter = m_filters->filter()] {
            Applied applied{widgets::filtered(*table, filter), {}};
            applied.balance = classBalance(table->classes, applied.samples.classCounts);
            return applied;
        },
        [this, table = m_table](Applied applied) {
            m_filtering = false;
            if (m_filterAgain || table != m_table)
                applyFilter();
            else
                showFiltered(applied.samples, std::move(applied.balance));
        });
}

void DataBrowser::showFiltered(const FilteredSamples& samples, protocol::Figure balance)
{
    m_filters->showCounts(samples, m_table->count);
    m_tiles->setShown(samples.ids, m_table->count == 0
                                       ? tr("This split has no images.")
                                       : tr("No image passes these filters. “Show all” takes them off."));
    const bool shown = !m_table->classes.isEmpty();
    m_balanceBox->setVisible(shown && m_filters->showsBalance());
    if (shown)
        m_balance->setFigure(std::make_shared<const protocol::Figure>(std::move(balance)));
    Q_EMIT filterApplied();
}

void DataBrowser::followSelection()
{
    // Images are asked for when they can be seen; showEvent() catches up.
    if (!m_table || !isVisible())
        return;
    const qint64 primary = selection().primary();
    const qint64 id = primary < m_table->count ? primary : -1;
    if (id != m_panel->shownId())
        m_panel->show(id);
}

void DataBrowser::showEvent(QShowEvent* event)
{
    BrowsingPage::showEvent(event);
    followSelection();
}

} // namespace assay::widgets

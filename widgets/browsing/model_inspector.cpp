#include "widgets/browsing/model_inspector.h"

#include "widgets/browsing/background.h"
#include "widgets/browsing/layer_tree.h"
#include "widgets/browsing/message_page.h"
#include "widgets/browsing/parameter_table.h"
#include "widgets/figures/figure_view.h"
#include "widgets/studies/text_kit.h"

#include <QGridLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QListView>
#include <QLocale>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QStackedWidget>
#include <QStringListModel>
#include <QTabWidget>
#include <QTableView>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

namespace assay::widgets {

namespace {

/// So many layers are shown unfolded; more would be a list again.
constexpr int kUnfoldedLayers = 200;
/// Rows that decide the width of a column.
constexpr int kRowsMeasured = 100;

QSortFilterProxyModel* makeFilter(QAbstractItemModel* model, int sortRole, QObject* parent)
{
    auto* filter = new QSortFilterProxyModel(parent);
    filter->setSourceModel(model);
    filter->setFilterCaseSensitivity(Qt::CaseInsensitive);
    filter->setFilterKeyColumn(-1);
    filter->setSortRole(sortRole);
    filter->setRecursiveFilteringEnabled(true);
    return filter;
}

void clear(QLayout* layout)
{
    while (QLayoutItem* item = layout->takeAt(0)) {
        delete item->widget();
        delete item;
    }
}

} // namespace

ModelInspector::ModelInspector(EnginePort port, const QString& name, QWidget* parent)
    : BrowsingPage(QStringLiteral("model"), name, parent)
    , m_port(std::move(port))
    , m_title(makeText("title", name, this))
    , m_summary(makeParagraph("muted", {}, this))
    , m_warning(makeParagraph("warning", {}, this))
    , m_pages(new QStackedWidget(this))
    , m_message(new MessagePage(m_pages))
    , m_layers(new LayerTree(this))
    , m_layerFilter(makeFilter(m_layers, LayerTree::SortRole, this))
    , m_parameters(new ParameterTable(this))
    , m_parameterFilter(makeFilter(m_parameters, ParameterTable::SortRole, this))
    , m_tapFilter(makeFilter(new QStringListModel(this), Qt::DisplayRole, this))
{
    setObjectName(QStringLiteral("modelInspector"));
    build();
    connect(m_message, &MessagePage::triedAgain, this, [this] { load(false); });
    say(tr("Waiting for the engine's list of models."), false);
}

ModelInspector::~ModelInspector() = default;

void ModelInspector::build()
{
    const int line = fontMetrics().height();
    m_title->setObjectName(QStringLiteral("inspectorTitle"));
    m_warning->setObjectName(QStringLiteral("inspectorWarning"));
    m_warning->hide();
    m_summary->hide();
    m_tabs = new QTabWidget(m_pages);
    m_tabs->setObjectName(QStringLiteral("inspectorTabs"));
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(makeLayers(), tr("Architecture"));
    m_tabs->addTab(makeParameters(), tr("Parameters"));
    m_tabs->addTab(makeTaps(), tr("Taps"));
    auto* page = new QWidget(m_pages);
    auto* content = new QVBoxLayout(page);
    content->setContentsMargins(0, 0, 0, 0);
    content->setSpacing(line / 2);
    content->addWidget(makeHead());
    content->addWidget(m_tabs, 1);
    // Takes the room of the tabs when there is no network behind them.
    content->addStretch(0);
    m_pages->addWidget(page);
    m_pages->addWidget(m_message);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(line * 3 / 4, line / 2, line * 3 / 4, line / 2);
    layout->setSpacing(line / 3);
    for (QWidget* widget : std::initializer_list<QWidget*>{m_title, m_summary, m_warning})
        layout->addWidget(widget);
    layout->addWidget(m_pages, 1);
}

QWidget* ModelInspector::makeHead()
{
    const int line = fontMetrics().height();
    auto* head = new QWidget(m_pages);
    auto* layout = new QVBoxLayout(head);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(line / 3);
    auto* facts = new QWidget(head);
    facts->setObjectName(QStringLiteral("inspectorFacts"));
    m_facts = new QGridLayout(facts);
    m_facts->setContentsMargins(0, 0, 0, 0);
    m_facts->setHorizontalSpacing(line * 3 / 2);
    m_facts->setVerticalSpacing(0);
    m_measure = new QPushButton(tr("Measure speed"), head);
    m_measure->setObjectName(QStringLiteral("measureSpeed"));
    m_measure->setToolTip(tr("Puts images through the network for about a second"));
    m_speed = makeText("", {}, head);
    m_speed->setObjectName(QStringLiteral("speed"));
    connect(m_measure, &QPushButton::clicked, this, [this] { load(true); });
    auto* row = new QHBoxLayout;
    row->setSpacing(line);
    row->addWidget(facts);
    row->addStretch();
    row->addWidget(m_speed);
    row->addWidget(m_measure, 0, Qt::AlignVCenter);
    m_contract = makeParagraph("", {}, head);
    m_contract->setObjectName(QStringLiteral("inputContract"));
    m_findings = new QVBoxLayout;
    m_findings->setSpacing(line / 4);
    layout->addLayout(row);
    layout->addWidget(m_contract);
    layout->addLayout(m_findings);
    return head;
}

QLineEdit* ModelInspector::makeSearch(const char* name, const QString& what, QSortFilterProxyModel* filter)
{
    auto* search = new QLineEdit(this);
    search->setObjectName(QString::fromLatin1(name));
    search->setProperty("kind", QStringLiteral("search"));
    search->setPlaceholderText(what);
    search->setAccessibleName(what);
    search->setClearButtonEnabled(true);
    connect(search, &QLineEdit::textChanged, filter, &QSortFilterProxyModel::setFilterFixedString);
    return search;
}

QWidget* ModelInspector::makeLayers()
{
    m_layerView = new QTreeView(this);
    m_layerView->setObjectName(QStringLiteral("layerTree"));
    m_layerView->setAccessibleName(tr("Architecture"));
    m_layerView->setModel(m_layerFilter);
    m_layerView->setUniformRowHeights(true);
    m_layerView->setAlternatingRowColors(false);
    m_layerView->setAllColumnsShowFocus(true);
    m_layerView->header()->setResizeContentsPrecision(kRowsMeasured);
    m_layerView->header()->setStretchLastSection(false);
    auto* page = new QWidget(this);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, fontMetrics().height() / 2, 0, 0);
    QLineEdit* search = makeSearch("layerSearch", tr("Find a layer by name, kind or shape"), m_layerFilter);
    connect(search, &QLineEdit::textChanged, m_layerView, [this] { m_layerView->expandAll(); });
    layout->addWidget(search);
    layout->addWidget(m_layerView, 1);
    return page;
}

QWidget* ModelInspector::makeParameters()
{
    m_parameterView = new QTableView(this);
    m_parameterView->setObjectName(QStringLiteral("parameterTable"));
    m_parameterView->setAccessibleName(tr("Parameters"));
    m_parameterView->setModel(m_parameterFilter);
    m_parameterView->setSortingEnabled(true);
    m_parameterView->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder); // in their own order
    m_parameterView->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_parameterView->setSelectionMode(QAbstractItemView::SingleSelection);
    m_parameterView->setTabKeyNavigation(false);
    m_parameterView->setShowGrid(false);
    m_parameterView->setWordWrap(false);
    m_parameterView->verticalHeader()->hide();
    m_parameterView->verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 3 / 2);
    m_parameterView->horizontalHeader()->setResizeContentsPrecision(kRowsMeasured);
    m_parameterView->horizontalHeader()->setHighlightSections(false);
    connect(m_parameterView->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &ModelInspector::showParameter);
    m_histogram = new FigureView(nullptr, this);
    m_histogram->setObjectName(QStringLiteral("parameterHistogram"));
    auto* left = new QWidget(this);
    auto* column = new QVBoxLayout(left);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(
        makeSearch("parameterSearch", tr("Find a parameter by name or shape"), m_parameterFilter));
    column->addWidget(m_parameterView, 1);
    auto* split = new QSplitter(Qt::Horizontal, this);
    split->setChildrenCollapsible(false);
    split->addWidget(left);
    split->addWidget(m_histogram);
    split->setStretchFactor(0, 1);
    split->setStretchFactor(1, 1);
    split->setSizes({1000, 1000});
    auto* page = new QWidget(this);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, fontMetrics().height() / 2, 0, 0);
    layout->addWidget(split);
    return page;
}

QWidget* ModelInspector::makeTaps()
{
    auto* view = new QListView(this);
    view->setObjectName(QStringLiteral("tapList"));
    view->setAccessibleName(tr("Values that can be tapped"));
    view->setModel(m_tapFilter);
    view->setUniformItemSizes(true);
    view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    auto* page = new QWidget(this);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, fontMetrics().height() / 2, 0, 0);
    layout->addWidget(makeParagraph(
        "small", tr("Values inside the network that studies can look at, by these names."), page));
    layout->addWidget(makeSearch("tapSearch", tr("Find a tap by name"), m_tapFilter));
    layout->addWidget(view, 1);
    return page;
}

QString ModelInspector::title() const
{
    return m_known && !m_entry.title.isEmpty() ? m_entry.title : name();
}

void ModelInspector::setCatalogue(const Catalogue& catalogue)
{
    const ModelEntry* entry = catalogue.model(name());
    const ModelEntry before = m_entry;
    const bool wasKnown = m_known;
    m_known = entry != nullptr;
    m_entry = entry ? *entry : ModelEntry();
    m_title->setText(title());
    m_summary->setText(m_entry.summary);
    m_summary->setVisible(!m_entry.summary.isEmpty());
    m_warning->setText(m_entry.warning);
    m_warning->setVisible(!m_entry.warning.isEmpty());
    showFacts();
    Q_EMIT titleChanged();
    if (!m_known) {
        m_read = false;
        say(catalogue.models.isEmpty() ? tr("Waiting for the engine's list of models.")
                                       : tr("The model “%1” is no longer in this workspace.").arg(name()),
            false);
    } else if (!wasKnown || before.sha256 != m_entry.sha256 || before.file != m_entry.file ||
               before.warning != m_entry.warning || (!m_read && !m_loading)) {
        load(false);
    }
}

void ModelInspector::setTheme(const Theme& theme)
{
    m_theme = theme;
    m_histogram->setTheme(theme);
    m_measure->setIcon(theme.icon(QStringLiteral("live"), theme.mutedText));
    showFindings();
}

void ModelInspector::setEngineProblem(const QString& problem)
{
    m_engineProblem = problem;
    updateMeasure();
    if (!problem.isEmpty() && !m_read)
        say(problem, false);
    else if (problem.isEmpty() && m_known && !m_read && !m_loading)
        load(false);
}

void ModelInspector::say(const QString& sentence, bool mayTryAgain)
{
    m_message->say(sentence, mayTryAgain);
    m_pages->setCurrentWidget(m_message);
}

void ModelInspector::load(bool measure)
{
    if (!m_known)
        return;
    const quint64 serial = ++m_serial;
    m_loading = true;
    m_measuring = measure;
    if (!measure) {
        m_read = false;
        say(m_engineProblem.isEmpty() ? tr("Reading the model …") : m_engineProblem, false);
    }
    updateMeasure();
    const Json params = {{"model", name().toStdString()}, {"measure", measure}};
    m_port("model.inspect", params, this, [this, serial, measure](const protocol::Reply& reply) {
        if (serial == m_serial)
            take(reply, measure);
    });
}

void ModelInspector::take(const protocol::Reply& reply, bool measured)
{
    if (!reply.ok) {
        m_loading = m_measuring = false;
        updateMeasure();
        if (measured)
            m_speed->setText(QString::fromStdString(reply.error));
        else
            say(QString::fromStdString(reply.error), true);
        return;
    }
    // A large network has thousands of parameters with their bins: read aside.
    inBackground(
        this, [result = reply.result] { return readModelReport(result); },
        [this, serial = m_serial, measured](ModelReading reading) {
            if (serial != m_serial)
                return;
            m_loading = m_measuring = false;
            if (measured) { // the rest has not changed, and the user may be in the middle of it
                m_reading.imagesPerSecond = reading.imagesPerSecond;
                m_reading.findings = std::move(reading.findings);
                showFindings();
                updateMeasure();
                return;
            }
            m_read = true;
            m_reading = std::move(reading);
            showReading();
        });
}

void ModelInspector::showReading()
{
    showFacts();
    m_contract->setText((m_reading.contract + QLatin1Char(' ') + m_reading.answers).trimmed());
    m_contract->setVisible(!m_contract->text().isEmpty());
    showFindings();
    m_layers->setLayers(m_reading.layers);
    m_parameters->setParameters(m_reading.parameters);
    static_cast<QStringListModel*>(m_tapFilter->sourceModel())->setStringList(m_reading.taps);
    m_tabs->setVisible(m_reading.hasNetwork());
    m_tabs->setTabText(1, tr("Parameters (%1)").arg(m_reading.parameters.size()));
    m_tabs->setTabText(2, tr("Taps (%1)").arg(m_reading.taps.size()));
    if (m_reading.layers.size() <= kUnfoldedLayers)
        m_layerView->expandAll();
    fitColumns();
    if (m_parameterFilter->rowCount() > 0)
        m_parameterView->selectRow(0);
    updateMeasure();
    m_pages->setCurrentIndex(0);
}

void ModelInspector::fitColumns()
{
    // The style's padding is not in what the headers ask for.
    const int more = fontMetrics().height();
    for (int column = 0; column < LayerTree::Columns; ++column) {
        m_layerView->resizeColumnToContents(column);
        m_layerView->setColumnWidth(column, m_layerView->columnWidth(column) + more);
    }
    m_layerView->header()->setSectionResizeMode(LayerTree::Kind, QHeaderView::Stretch);
    bool hasGroups = false;
    for (int row = 0; row < m_layers->rowCount(); ++row)
        hasGroups = hasGroups || m_layers->rowCount(m_layers->index(row, 0)) > 0;
    m_layerView->setRootIsDecorated(hasGroups);
    m_parameterView->resizeColumnsToContents();
}

void ModelInspector::showFacts()
{
    clear(m_facts);
    int column = 0;
    const auto add = [this, &column](const QString& name, const QString& value) {
        if (value.isEmpty())
            return;
        auto* text = makeText("", value, m_facts->parentWidget());
        text->setTextInteractionFlags(Qt::TextSelectableByMouse);
        text->setAccessibleName(name + QStringLiteral(": ") + value);
        m_facts->addWidget(makeText("small", name, m_facts->parentWidget()), 0, column);
        m_facts->addWidget(text, 1, column++);
    };
    add(tr("Format"),
        m_entry.predictionsOnly ? tr("%1, predictions only").arg(m_entry.format) : m_entry.format);
    const QString file = m_entry.file.section(QLatin1Char('/'), -1);
    add(tr("File"), fontMetrics().elidedText(file, Qt::ElideMiddle, fontMetrics().averageCharWidth() * 28));
    if (column > 0 && !file.isEmpty())
        m_facts->itemAtPosition(1, column - 1)->widget()->setToolTip(m_entry.file);
    add(tr("Accuracy"), m_entry.accuracyFraction
                            ? QStringLiteral("%1 %").arg(100 * *m_entry.accuracyFraction, 0, 'f', 1)
                            : tr("not measured"));
    const qint64 parameters = m_read ? m_reading.parameterCount : m_entry.parameters;
    if (!m_entry.predictionsOnly)
        add(tr("Parameters"), largeText(double(parameters)));
    if (m_read && m_reading.macs)
        add(tr("MACs per image"), largeText(*m_reading.macs));
    add(tr("Classes"), m_entry.classes > 0 ? QString::number(m_entry.classes) : QString());
    add(tr("Data set"), m_entry.dataset);
}

void ModelInspector::showFindings()
{
    clear(m_findings);
    const int em = fontMetrics().height();
    for (const protocol::Finding& finding : m_reading.findings) {
        using Level = protocol::Finding::Level;
        const bool isInfo = finding.level == Level::Info;
        const QColor colour = finding.level == Level::Problem ? m_theme.bad
                              : isInfo                        ? m_theme.mutedText
                                                              : m_theme.warning;
        const QString spoken = finding.level == Level::Problem ? tr("Problem")
                               : isInfo                        ? tr("Information")
                                                               : tr("Warning");
        auto* line = new QWidget(m_contract->parentWidget());
        auto* row = new QHBoxLayout(line);
        row->setContentsMargins(0, 0, 0, 0);
        row->setSpacing(em / 2);
        auto* icon = new QLabel(line);
        const QString name = finding.level == Level::Problem ? QStringLiteral("error")
                             : isInfo                        ? QStringLiteral("info")
                                                             : QStringLiteral("warning");
        icon->setPixmap(m_theme.icon(name, colour).pixmap(QSize(em, em), devicePixelRatioF()));
        icon->setFixedWidth(em);
        icon->setToolTip(spoken);
        auto* text = makeParagraph("", QString::fromStdString(finding.text), line);
        text->setObjectName(QStringLiteral("inspectorFinding"));
        text->setAccessibleName(spoken + QStringLiteral(": ") + text->text());
        row->addWidget(icon, 0, Qt::AlignTop);
        row->addWidget(text, 1);
        m_findings->addWidget(line);
    }
}

void ModelInspector::showParameter(const QModelIndex& index)
{
    if (!index.isValid())
        return;
    const int row = m_parameterFilter->mapToSource(index).row();
    m_histogram->setFigure(
        std::make_shared<const protocol::Figure>(histogramOf(m_parameters->parameter(row))));
}

void ModelInspector::updateMeasure()
{
    m_measure->setVisible(m_read && m_reading.hasNetwork());
    m_measure->setEnabled(!m_measuring && m_engineProblem.isEmpty());
    m_measure->setText(m_measuring ? tr("Measuring …") : tr("Measure speed"));
    m_speed->setText(m_reading.imagesPerSecond
                         ? tr("%1 images per second").arg(largeText(*m_reading.imagesPerSecond))
                         : QString());
}

} // namespace assay::widgets

#include "widgets/browsing/browse_filters.h"

#include "widgets/forms/calm_slider.h"
#include "widgets/forms/segment_button.h"
#include "widgets/gallery/flow_layout.h"
#include "widgets/selection/selection.h"
#include "widgets/studies/text_kit.h"

#include <QComboBox>
#include <QLineEdit>
#include <QLocale>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

namespace assay::widgets {

namespace {

constexpr int kTypingMs = 150;
/// Further attributes are folded.
constexpr int kAttributesAtOnce = 8;

QString counted(const QString& name, qint64 count)
{
    return QStringLiteral("%1  (%2)").arg(name, QLocale().toString(count));
}

} // namespace

BrowseFilters::BrowseFilters(Selection& classes, QWidget* parent)
    : QWidget(parent)
    , m_classes(classes)
    , m_search(new QLineEdit(this))
    , m_class(new QComboBox(this))
    , m_reset(makeButton("resetFilters", tr("Show all")))
    , m_balance(makeButton("showBalance", tr("Class balance")))
    , m_sample(makeButton("showSample", tr("Chosen image")))
    , m_more(makeButton("moreFilters", tr("More filters")))
    , m_shown(makeText("muted", {}, this))
    , m_attributeRow(new QWidget(this))
    , m_attributeFlow(new FlowLayout(fontMetrics().height() / 2))
{
    build();
    m_typing.setSingleShot(true);
    m_typing.setInterval(kTypingMs);
    connect(&m_typing, &QTimer::timeout, this, &BrowseFilters::filterChanged);
    connect(m_search, &QLineEdit::textChanged, this, [this] { m_typing.start(); });
    connect(m_search, &QLineEdit::returnPressed, this, [this] {
        m_typing.stop();
        Q_EMIT filterChanged();
    });
    connect(m_class, &QComboBox::currentIndexChanged, this, &BrowseFilters::takeClassChoice);
    connect(&m_classes, &Selection::changed, this, [this] {
        showClassChoice();
        Q_EMIT filterChanged();
    });
    connect(m_reset, &QToolButton::clicked, this, &BrowseFilters::reset);
    connect(m_balance, &QToolButton::toggled, this, &BrowseFilters::balanceToggled);
    connect(m_sample, &QToolButton::toggled, this, &BrowseFilters::sampleToggled);
    connect(m_more, &QToolButton::toggled, this, [this](bool open) {
        for (int i = kAttributesAtOnce; i < m_attributes.size(); ++i)
            m_attributes[i]->setVisible(open);
        m_attributeFlow->invalidate();
        updateGeometry();
    });
}

QToolButton* BrowseFilters::makeButton(const char* name, const QString& text)
{
    auto* button = new QToolButton(this);
    button->setObjectName(QString::fromLatin1(name));
    button->setText(text);
    button->setAccessibleName(text);
    button->setToolTip(text);
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    return button;
}

void BrowseFilters::build()
{
    const int line = fontMetrics().height();
    m_search->setObjectName(QStringLiteral("sampleSearch"));
    m_search->setProperty("kind", QStringLiteral("search"));
    m_search->setPlaceholderText(tr("Name or caption"));
    m_search->setAccessibleName(tr("Filter by name or caption"));
    m_search->setClearButtonEnabled(true);
    m_search->setMinimumWidth(line * 10);
    m_class->setObjectName(QStringLiteral("filter-class"));
    m_class->setAccessibleName(tr("Filter by class"));
    m_class->setMinimumWidth(line * 11);
    m_class->setMaximumWidth(line * 15);
    m_balance->setCheckable(true);
    m_balance->setChecked(true);
    m_balance->setToolTip(tr("Shows how many images each class has; a click on a bar filters"));
    m_sample->setCheckable(true);
    m_sample->setChecked(true);
    m_sample->setToolTip(tr("Shows the chosen image large"));
    m_more->setCheckable(true);
    m_reset->setToolTip(tr("Takes all filters off"));
    m_shown->setObjectName(QStringLiteral("samplesShown"));
    auto* flow = new FlowLayout(line / 2);
    for (QWidget* widget : std::initializer_list<QWidget*>{makeSplits(), m_search, m_class, m_reset,
                                                           makeZoom(), m_balance, m_sample, m_shown})
        flow->addWidget(widget);
    m_attributeRow->setLayout(m_attributeFlow);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(line / 3);
    layout->addLayout(flow);
    layout->addWidget(m_attributeRow);
    m_attributeRow->hide();
}

QWidget* BrowseFilters::makeSplits()
{
    auto* host = new QWidget(this);
    auto* row = new QHBoxLayout(host);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    m_train = new SegmentButton(tr("Train"), host);
    m_train->setPlace(SegmentButton::Place::First);
    m_train->setObjectName(QStringLiteral("splitTrain"));
    m_train->setAccessibleName(tr("Training images"));
    m_test = new SegmentButton(tr("Test"), host);
    m_test->setPlace(SegmentButton::Place::Last);
    m_test->setObjectName(QStringLiteral("splitTest"));
    m_test->setAccessibleName(tr("Test images"));
    m_test->setToolTip(tr("The images that studies use; what is chosen here is chosen in their figures"));
    m_test->setChecked(true);
    row->addWidget(m_train);
    row->addWidget(m_test);
    connect(m_test, &QRadioButton::toggled, this, &BrowseFilters::splitChanged);
    return host;
}

QWidget* BrowseFilters::makeZoom()
{
    auto* host = new QWidget(this);
    auto* row = new QHBoxLayout(host);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(2);
    m_smaller = makeButton("smallerTiles", tr("Smaller images"));
    m_larger = makeButton("largerTiles", tr("Larger images"));
    for (QToolButton* button : {m_smaller, m_larger})
        button->setToolButtonStyle(Qt::ToolButtonIconOnly);
    m_zoom = new CalmSlider(Qt::Horizontal, host);
    m_zoom->setObjectName(QStringLiteral("tileZoom"));
    m_zoom->setAccessibleName(tr("Size of the images"));
    m_zoom->setFixedWidth(fontMetrics().height() * 6);
    row->addWidget(m_smaller);
    row->addWidget(m_zoom);
    row->addWidget(m_larger);
    connect(m_zoom, &QSlider::valueChanged, this, &BrowseFilters::zoomChanged);
    connect(m_smaller, &QToolButton::clicked, this, [this] { m_zoom->setValue(m_zoom->value() * 4 / 5); });
    connect(m_larger, &QToolButton::clicked, this, [this] { m_zoom->setValue(m_zoom->value() * 5 / 4); });
    return host;
}

void BrowseFilters::setSplits(qint64 train, qint64 test)
{
    m_train->setEnabled(train > 0);
    m_test->setEnabled(test > 0);
    if (test <= 0 && train > 0)
        m_train->setChecked(true);
    else if (train <= 0)
        m_test->setChecked(true);
}

QString BrowseFilters::split() const
{
    return m_train->isChecked() ? QStringLiteral("train") : QStringLiteral("test");
}

void BrowseFilters::setTable(const SampleTable& table)
{
    if (m_classNames != table.classes) {
        m_classNames = table.classes;
        const QSignalBlocker quiet(m_class);
        m_class->clear();
        m_class->addItem(tr("All classes"));
        m_class->addItems(m_classNames);
        m_classes.clear(nullptr);
    }
    m_class->setVisible(!m_classNames.isEmpty());
    m_search->setVisible(!table.names.empty() || !table.captions.empty());
    makeAttributes(table);
    showClassChoice();
}

void BrowseFilters::makeAttributes(const SampleTable& table)
{
    QHash<QString, QString> before;
    for (const QComboBox* box : std::as_const(m_attributes)) {
        if (box->currentIndex() > 0)
            before.insert(box->property("attribute").toString(), box->currentData().toString());
    }
    qDeleteAll(m_attributes);
    m_attributes.clear();
    m_attributeFlow->removeWidget(m_more);
    for (const SampleAttribute& attribute : table.attributes) {
        auto* box = new QComboBox(m_attributeRow);
        box->setObjectName(QStringLiteral("filter-") + attribute.name);
        box->setAccessibleName(tr("Filter by %1").arg(attribute.name));
        box->setProperty("attribute", attribute.name);
        box->setMaximumWidth(fontMetrics().averageCharWidth() * 28);
        box->addItem(tr("%1: all").arg(attribute.name));
        for (const QString& value : attribute.values)
            box->addItem(value, value);
        if (before.contains(attribute.name))
            box->setCurrentIndex(std::max(0, box->findData(before.value(attribute.name))));
        connect(box, &QComboBox::currentIndexChanged, this, &BrowseFilters::filterChanged);
        m_attributeFlow->addWidget(box);
        m_attributes << box;
        box->setVisible(m_attributes.size() <= kAttributesAtOnce || m_more->isChecked());
    }
    const bool many = m_attributes.size() > kAttributesAtOnce;
    if (many) {
        m_more->setParent(m_attributeRow);
        m_attributeFlow->addWidget(m_more);
    }
    m_more->setVisible(many);
    m_attributeRow->setVisible(!m_attributes.isEmpty());
    updateGeometry();
}

SampleFilter BrowseFilters::filter() const
{
    SampleFilter filter;
    for (const qint64 id : m_classes.ids())
        filter.classes.insert(int(id));
    for (int i = 0; i < m_attributes.size(); ++i) {
        if (m_attributes[i]->currentIndex() > 0)
            filter.values.insert(i, m_attributes[i]->currentIndex() - 1);
    }
    // A search that cannot be seen, since this split has no names, filters nothing.
    if (!m_search->isHidden())
        filter.text = m_search->text();
    return filter;
}

void BrowseFilters::reset()
{
    {
        const QSignalBlocker quiet(this);
        m_search->clear();
        m_classes.clear(this);
        for (QComboBox* box : std::as_const(m_attributes))
            box->setCurrentIndex(0);
    }
    m_typing.stop();
    Q_EMIT filterChanged();
}

void BrowseFilters::focusSearch()
{
    if (m_search->isVisible())
        m_search->setFocus(Qt::ShortcutFocusReason);
    else
        m_class->setFocus(Qt::ShortcutFocusReason);
}

void BrowseFilters::takeClassChoice()
{
    const int index = m_class->currentIndex();
    if (index <= 0)
        m_classes.clear(this);
    else
        m_classes.set({index - 1}, this);
}

void BrowseFilters::showClassChoice()
{
    const QSignalBlocker quiet(m_class);
    const qsizetype count = m_classes.ids().size();
    m_class->setItemText(0, count > 1 ? tr("%1 classes").arg(count) : tr("All classes"));
    m_class->setCurrentIndex(count == 1 ? int(m_classes.ids().first()) + 1 : 0);
}

void BrowseFilters::showCounts(const FilteredSamples& samples, qint64 count)
{
    const qint64 shown = samples.ids.size();
    const QLocale locale;
    m_shown->setText(shown == count
                         ? tr("%1 images").arg(locale.toString(count))
                         : tr("%1 of %2 images").arg(locale.toString(shown), locale.toString(count)));
    m_reset->setEnabled(!filter().isEmpty());
    for (int i = 0; i < m_classNames.size() && std::size_t(i) < samples.classCounts.size(); ++i)
        m_class->setItemText(i + 1, counted(m_classNames[i], samples.classCounts[std::size_t(i)]));
    for (int a = 0; a < m_attributes.size() && std::size_t(a) < samples.valueCounts.size(); ++a) {
        QComboBox* box = m_attributes[a];
        const auto& counts = samples.valueCounts[std::size_t(a)];
        for (int i = 1; i < box->count() && std::size_t(i) <= counts.size(); ++i)
            box->setItemText(i, counted(box->itemData(i).toString(), counts[std::size_t(i - 1)]));
    }
}

void BrowseFilters::setZoom(int side, int smallest, int largest)
{
    const QSignalBlocker quiet(m_zoom);
    m_zoom->setRange(smallest, largest);
    m_zoom->setValue(side);
}

bool BrowseFilters::showsBalance() const
{
    return m_balance->isChecked();
}

bool BrowseFilters::showsSample() const
{
    return m_sample->isChecked();
}

void BrowseFilters::setTheme(const Theme& theme)
{
    const auto icon = [&theme](const char* name) {
        return theme.icon(QString::fromLatin1(name), theme.mutedText);
    };
    m_reset->setIcon(icon("filter"));
    m_balance->setIcon(icon("chart"));
    m_sample->setIcon(icon("image"));
    m_more->setIcon(icon("more"));
    m_smaller->setIcon(icon("zoom-out"));
    m_larger->setIcon(icon("zoom-in"));
}

} // namespace assay::widgets

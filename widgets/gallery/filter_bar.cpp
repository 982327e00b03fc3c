#include "widgets/gallery/filter_bar.h"

#include "widgets/gallery/flow_layout.h"

#include <QAction>
#include <QComboBox>
#include <QLabel>
#include <QMenu>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>

namespace assay::widgets {

struct FilterBar::Private
{
    std::shared_ptr<const protocol::ImageGrid> grid;
    FlowLayout* flow = nullptr;
    QWidget* attributeHost = nullptr;
    QList<QComboBox*> attributes;
    QComboBox* order = nullptr;
    QComboBox* variant = nullptr;
    QToolButton* captions = nullptr;
    QMenu* captionMenu = nullptr;
    QToolButton* follow = nullptr;
    QToolButton* detail = nullptr;
    QToolButton* smaller = nullptr;
    QToolButton* larger = nullptr;
    QSlider* zoom = nullptr;
    QLabel* shown = nullptr;
};

FilterBar::FilterBar(QWidget* parent)
    : QWidget(parent)
    , d(std::make_unique<Private>())
{
    const int line = fontMetrics().height();
    d->flow = new FlowLayout(line / 2);
    const auto toolButton = [this](const char* name, const QString& text, bool checkable) {
        auto* button = new QToolButton(this);
        button->setObjectName(name);
        button->setText(text);
        button->setAccessibleName(text);
        button->setToolTip(text);
        button->setCheckable(checkable);
        return button;
    };
    d->order = new QComboBox(this);
    d->order->setObjectName(QStringLiteral("order"));
    d->order->setAccessibleName(tr("Order"));
    d->order->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    d->variant = new QComboBox(this);
    d->variant->setObjectName(QStringLiteral("variant"));
    d->variant->setAccessibleName(tr("Variant"));
    d->variant->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    d->captions = toolButton("captions", tr("Captions"), false);
    d->captions->setPopupMode(QToolButton::InstantPopup);
    d->captions->setToolButtonStyle(Qt::ToolButtonTextOnly);
    d->captions->setProperty("kind", "outlined");
    d->captionMenu = new QMenu(d->captions);
    d->captions->setMenu(d->captionMenu);
    d->follow = toolButton("follow", tr("Only selected"), true);
    d->follow->setToolTip(tr("Show only images that are selected in a figure or table"));
    d->follow->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    d->detail = toolButton("showDetail", tr("Show the chosen image large"), true);
    d->detail->setChecked(true);
    d->smaller = toolButton("smaller", tr("Smaller"), false);
    d->larger = toolButton("larger", tr("Larger"), false);
    d->zoom = new QSlider(Qt::Horizontal, this);
    d->zoom->setObjectName(QStringLiteral("zoom"));
    d->zoom->setAccessibleName(tr("Size of the images"));
    d->zoom->setFixedWidth(line * 6);
    auto* zoomBox = new QWidget(this);
    auto* zoomRow = new QHBoxLayout(zoomBox);
    zoomRow->setContentsMargins(0, 0, 0, 0);
    zoomRow->setSpacing(2);
    zoomRow->addWidget(d->smaller);
    zoomRow->addWidget(d->zoom);
    zoomRow->addWidget(d->larger);
    d->shown = new QLabel(this);
    d->shown->setObjectName(QStringLiteral("shown"));
    d->shown->setProperty("kind", "muted");

    for (QWidget* widget : std::initializer_list<QWidget*>{d->order, d->variant, d->captions, d->follow,
                                                           zoomBox, d->detail, d->shown})
        d->flow->addWidget(widget);
    setLayout(d->flow);

    connect(d->order, &QComboBox::currentIndexChanged, this, &FilterBar::filterChanged);
    connect(d->variant, &QComboBox::currentIndexChanged, this, [this] { Q_EMIT variantChanged(variant()); });
    connect(d->follow, &QToolButton::toggled, this, &FilterBar::followChanged);
    connect(d->detail, &QToolButton::toggled, this, &FilterBar::detailToggled);
    connect(d->zoom, &QSlider::valueChanged, this, &FilterBar::zoomChanged);
    connect(d->smaller, &QToolButton::clicked, this, [this] { d->zoom->setValue(d->zoom->value() * 4 / 5); });
    connect(d->larger, &QToolButton::clicked, this, [this] { d->zoom->setValue(d->zoom->value() * 5 / 4); });
}

FilterBar::~FilterBar() = default;

void FilterBar::setGrid(std::shared_ptr<const protocol::ImageGrid> grid)
{
    const auto names = [](const std::shared_ptr<const protocol::ImageGrid>& g) {
        QStringList all;
        for (std::size_t i = 0; g && i < g->attributes.size(); ++i)
            all << QString::fromStdString(g->attributes[i].name);
        return all;
    };
    const bool sameAttributes = names(d->grid) == names(grid);
    const QString oldVariant = d->variant->currentText();
    const GalleryFilter old = filter();
    d->grid = std::move(grid);
    {
        const QSignalBlocker quiet(d->variant);
        d->variant->clear();
        d->variant->addItem(tr("All variants"), -1);
        for (std::size_t i = 0; d->grid && i < d->grid->variants.size(); ++i)
            d->variant->addItem(QString::fromStdString(d->grid->variants[i]), static_cast<int>(i));
        d->variant->setCurrentIndex(std::max(0, d->variant->findText(oldVariant)));
        d->variant->setVisible(d->variant->count() > 2);
    }
    Q_EMIT variantChanged(variant());
    if (!sameAttributes)
        makeAttributeChoices();
    for (QComboBox* box : d->attributes) {
        const QSignalBlocker quiet(box);
        const int attribute = box->property("attribute").toInt();
        const auto& of = d->grid->attributes[static_cast<std::size_t>(attribute)];
        box->clear();
        box->addItem(tr("%1: all").arg(attributeTitle(of)));
        for (const auto& value : of.values)
            box->addItem(QString::fromStdString(value), QString::fromStdString(value));
        const QString wanted = old.wanted.value(QString::fromStdString(of.name));
        box->setCurrentIndex(wanted.isEmpty() ? 0 : std::max(0, box->findData(wanted)));
    }
    if (!sameAttributes)
        makeCaptionMenu();
}

void FilterBar::makeAttributeChoices()
{
    qDeleteAll(d->attributes);
    d->attributes.clear();
    const QSignalBlocker quiet(d->order);
    d->order->clear();
    d->order->addItem(tr("In order"), QString());
    // The flow keeps its items in the order of adding: take the fixed ones out and put them behind.
    QList<QLayoutItem*> fixed;
    while (QLayoutItem* item = d->flow->takeAt(0))
        if (item->widget() && !d->attributes.contains(item->widget()))
            fixed << item;
    for (std::size_t i = 0; d->grid && i < d->grid->attributes.size(); ++i) {
        const auto& attribute = d->grid->attributes[i];
        auto* box = new QComboBox(this);
        box->setObjectName("filter-" + QString::fromStdString(attribute.name));
        box->setAccessibleName(tr("Filter by %1").arg(attributeTitle(attribute)));
        box->setSizeAdjustPolicy(QComboBox::AdjustToContentsOnFirstShow);
        box->setMaximumWidth(fontMetrics().averageCharWidth() * 26);
        box->setProperty("attribute", static_cast<int>(i));
        connect(box, &QComboBox::currentIndexChanged, this, &FilterBar::filterChanged);
        d->attributes << box;
        d->flow->addWidget(box);
        box->show();
        d->order->addItem(tr("By %1").arg(attributeTitle(attribute)), QString::fromStdString(attribute.name));
    }
    for (QLayoutItem* item : fixed)
        d->flow->addItem(item);
    d->order->setVisible(d->order->count() > 1);
    updateGeometry();
}

void FilterBar::makeCaptionMenu()
{
    d->captionMenu->clear();
    constexpr std::size_t kShownAtFirst = 3;
    for (std::size_t i = 0; d->grid && i < d->grid->attributes.size(); ++i) {
        QAction* action = d->captionMenu->addAction(attributeTitle(d->grid->attributes[i]));
        action->setCheckable(true);
        action->setChecked(i < kShownAtFirst);
        action->setData(static_cast<int>(i));
        connect(action, &QAction::toggled, this, &FilterBar::captionsChanged);
    }
    d->captions->setVisible(!d->captionMenu->isEmpty());
    Q_EMIT captionsChanged();
}

GalleryFilter FilterBar::filter() const
{
    GalleryFilter result;
    for (std::size_t i = 0; d->grid && i < static_cast<std::size_t>(d->attributes.size()); ++i)
        if (const QComboBox* box = d->attributes[static_cast<qsizetype>(i)]; box->currentIndex() > 0)
            result.wanted.insert(QString::fromStdString(d->grid->attributes[i].name),
                                 box->currentData().toString());
    result.sortBy = d->order->currentData().toString();
    return result;
}

void FilterBar::showCounts(const GalleryFilter& filter, int shown)
{
    if (!d->grid)
        return;
    for (QComboBox* box : d->attributes) {
        const QSignalBlocker quiet(box);
        const QVector<int> counts = countsFor(*d->grid, filter, box->property("attribute").toInt());
        for (int i = 0; i < counts.size() && i + 1 < box->count(); ++i)
            box->setItemText(i + 1,
                             QStringLiteral("%1  (%2)").arg(box->itemData(i + 1).toString()).arg(counts[i]));
    }
    const int all = static_cast<int>(d->grid->count());
    d->shown->setText(shown == all
                          ? tr("%n image(s)", nullptr, all).replace("image(s)", all == 1 ? "image" : "images")
                          : tr("%1 of %2 images").arg(shown).arg(all));
    d->flow->invalidate();
}

int FilterBar::variant() const
{
    return d->variant->count() > 0 ? d->variant->currentData().toInt() : -1;
}

QVector<int> FilterBar::captions() const
{
    QVector<int> result;
    for (const QAction* action : d->captionMenu->actions())
        if (action->isChecked())
            result << action->data().toInt();
    return result;
}

bool FilterBar::followsSelection() const
{
    return d->follow->isChecked();
}

void FilterBar::setFollowsSelection(bool on)
{
    d->follow->setChecked(on);
}

bool FilterBar::showsDetail() const
{
    return d->detail->isChecked();
}

void FilterBar::setZoom(int side, int smallest, int largest)
{
    const QSignalBlocker quiet(d->zoom);
    d->zoom->setRange(smallest, largest);
    d->zoom->setPageStep(std::max(1, (largest - smallest) / 8));
    d->zoom->setValue(side);
}

void FilterBar::setTheme(const Theme& theme)
{
    d->follow->setIcon(theme.icon("link"));
    d->detail->setIcon(theme.icon("image"));
    d->smaller->setIcon(theme.icon("zoom-out"));
    d->larger->setIcon(theme.icon("zoom-in"));
}

} // namespace assay::widgets

#include "widgets/studies/scene_toolbar.h"

#include "widgets/canvas/image_canvas.h"
#include "widgets/forms/wrap_layout.h"

#include <QAction>
#include <QActionGroup>
#include <QComboBox>
#include <QHBoxLayout>
#include <QMenu>
#include <QSignalBlocker>
#include <QToolButton>
#include <QUndoStack>
#include <QWheelEvent>

#include <algorithm>

namespace assay::widgets {

namespace {

/// A list on a page that scrolls: the wheel is the page's unless the list has the focus.
class PageCombo : public QComboBox
{
public:
    using QComboBox::QComboBox;

protected:
    void wheelEvent(QWheelEvent* event) override
    {
        if (hasFocus())
            QComboBox::wheelEvent(event);
        else
            event->ignore();
    }
};

QComboBox* makePageCombo(const QString& name, const QString& toolTip, QWidget* parent)
{
    auto* combo = new PageCombo(parent);
    combo->setObjectName(name);
    combo->setAccessibleName(toolTip);
    combo->setToolTip(toolTip);
    combo->setFocusPolicy(Qt::StrongFocus);
    combo->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    return combo;
}

} // namespace

SceneToolbar::SceneToolbar(ImageCanvas& canvas, QWidget* parent)
    : QWidget(parent)
    , m_canvas(canvas)
    , m_sampleBox(new QWidget(this))
    , m_previous(nullptr)
    , m_next(nullptr)
    , m_samples(makePageCombo(QStringLiteral("sceneSample"), tr("Sample"), m_sampleBox))
    , m_compare(
          makePageCombo(QStringLiteral("sceneCompare"), tr("What is shown and how it is compared"), this))
    , m_first(makePageCombo(QStringLiteral("sceneFirst"), tr("Compared with"), this))
    , m_second(makePageCombo(QStringLiteral("sceneSecond"), tr("What is compared"), this))
    , m_patchMenu(new QMenu(this))
{
    setObjectName(QStringLiteral("sceneToolbar"));
    const int em = fontMetrics().height();
    auto* layout = new WrapLayout(em / 4, em / 4, this);
    layout->setContentsMargins(0, 0, 0, 0);
    buildSamples();
    buildCompare();
    buildLook();
    buildTools();
    buildUndo();
    m_patch =
        makeMenu(QStringLiteral("scenePatch"), tr("Patch"), tr("Keep, print or copy the patch"), m_patchMenu);
}

int SceneToolbar::heightForWidth(int width) const
{
    return layout()->heightForWidth(width);
}

QToolButton* SceneToolbar::makeButton(const QString& name, const QString& text, const QString& toolTip)
{
    auto* button = new QToolButton(this);
    button->setObjectName(name);
    button->setText(text);
    button->setAccessibleName(toolTip);
    button->setToolTip(toolTip);
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::TabFocus);
    button->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    layout()->addWidget(button);
    return button;
}

QToolButton* SceneToolbar::makeMenu(const QString& name, const QString& text, const QString& toolTip,
                                    QMenu* menu)
{
    QToolButton* button = makeButton(name, text + QStringLiteral(" ▾"), toolTip);
    menu->setObjectName(name + QStringLiteral("Menu"));
    button->setMenu(menu);
    button->setPopupMode(QToolButton::InstantPopup);
    return button;
}

// -- samples ------------------------------------------------------------------------------------------

void SceneToolbar::buildSamples()
{
    auto* row = new QHBoxLayout(m_sampleBox);
    row->setContentsMargins(0, 0, fontMetrics().height() / 2, 0);
    row->setSpacing(2);
    const auto step = [&](const QString& name, const QString& icon, const QString& toolTip, int by) {
        auto* button = new QToolButton(m_sampleBox);
        button->setObjectName(name);
        button->setAccessibleName(toolTip);
        button->setToolTip(toolTip);
        button->setAutoRaise(true);
        button->setProperty("iconName", icon);
        connect(button, &QToolButton::clicked, this, [this, by] { stepSample(by); });
        return button;
    };
    m_previous =
        step(QStringLiteral("scenePrevious"), QStringLiteral("chevron-left"), tr("The sample before"), -1);
    m_next = step(QStringLiteral("sceneNext"), QStringLiteral("chevron-right"), tr("The next sample"), 1);
    row->addWidget(m_previous);
    row->addWidget(m_samples);
    row->addWidget(m_next);
    m_samples->setMaxVisibleItems(20);
    m_sampleBox->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    m_sampleBox->hide();
    layout()->addWidget(m_sampleBox);
    connect(m_samples, &QComboBox::currentIndexChanged, this, &SceneToolbar::showSample);
    connect(m_samples, &QComboBox::activated, this,
            [this] { Q_EMIT sampleChosen(m_samples->currentData().toLongLong()); });
}

void SceneToolbar::stepSample(int by)
{
    const int index = std::clamp(m_samples->currentIndex() + by, 0, m_samples->count() - 1);
    if (index == m_samples->currentIndex())
        return;
    m_samples->setCurrentIndex(index);
    Q_EMIT sampleChosen(m_samples->currentData().toLongLong());
}

void SceneToolbar::showSample()
{
    const bool live = m_samples->isEnabled();
    m_previous->setEnabled(live && m_samples->currentIndex() > 0);
    m_next->setEnabled(live && m_samples->currentIndex() + 1 < m_samples->count());
}

void SceneToolbar::setSamplesLive(bool live, const QString& whyNot)
{
    m_samples->setEnabled(live);
    m_samples->setToolTip(live ? tr("Sample") : whyNot);
    showSample();
}

// -- pictures -----------------------------------------------------------------------------------------

void SceneToolbar::buildCompare()
{
    for (QComboBox* combo : {m_compare, m_first, m_second}) {
        layout()->addWidget(combo);
        combo->hide();
        combo->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
        connect(combo, &QComboBox::activated, this, &SceneToolbar::applyCompare);
    }
}

void SceneToolbar::fillPictures(const QStringList& names)
{
    if (names == m_pictures)
        return;
    m_pictures = names;
    for (QComboBox* combo : {m_compare, m_first, m_second}) {
        combo->clear();
        combo->addItems(names);
    }
    for (int i = 0; i < names.size(); ++i)
        m_compare->setItemData(i, int(CompareMode::Single));
    if (names.size() > 1) {
        m_compare->insertSeparator(int(names.size()));
        m_compare->addItem(tr("Side by side"), int(CompareMode::SideBySide));
        m_compare->addItem(tr("Swipe"), int(CompareMode::Swipe));
        m_compare->addItem(tr("Blink"), int(CompareMode::Blink));
        m_compare->addItem(tr("Difference"), int(CompareMode::Difference));
    }
    m_compare->setVisible(names.size() > 1);
    m_second->setCurrentIndex(names.size() > 1 ? 1 : 0);
    applyCompare();
}

void SceneToolbar::applyCompare()
{
    CompareSettings compare = m_canvas.compare();
    compare.mode = CompareMode(m_compare->currentData().toInt());
    const bool single = compare.mode == CompareMode::Single;
    compare.first = single ? std::max(0, m_compare->currentIndex()) : m_first->currentIndex();
    compare.second = m_second->currentIndex();
    // Side by side shows all of them.
    const bool pair = !single && compare.mode != CompareMode::SideBySide && m_pictures.size() > 2;
    m_first->setVisible(pair);
    m_second->setVisible(pair);
    m_canvas.setCompare(compare);
}

void SceneToolbar::setScene(const protocol::Scene& scene)
{
    QStringList names;
    for (const protocol::ScenePicture& picture : scene.pictures)
        names << QString::fromStdString(picture.name);
    fillPictures(names);
    const QSignalBlocker quiet(m_samples);
    if (m_samples->count() != int(scene.samples.size()) ||
        !std::equal(scene.samples.begin(), scene.samples.end(), scene.samples.begin(),
                    [&, i = 0](std::int64_t id, std::int64_t) mutable {
                        return m_samples->itemData(i++).toLongLong() == id;
                    })) {
        m_samples->clear();
        for (const std::int64_t id : scene.samples)
            m_samples->addItem(tr("Sample %1").arg(id), qint64(id));
    }
    m_samples->setCurrentIndex(m_samples->findData(qint64(scene.sample)));
    m_sampleBox->setVisible(!scene.sampleField.empty() && !scene.samples.empty());
    m_patch->setVisible(!scene.patch.pixels.empty());
    showSample();
}

// -- look, tools, undo --------------------------------------------------------------------------------

void SceneToolbar::buildLook()
{
    auto* menu = new QMenu(this);
    const auto choice = [&](QActionGroup* group, const QString& text, const QString& name, auto set) {
        QAction* action = menu->addAction(text);
        action->setObjectName(name);
        action->setCheckable(true);
        action->setActionGroup(group);
        action->setChecked(group->actions().size() == 1);
        connect(action, &QAction::triggered, this, [this, set] {
            CanvasLook look = m_canvas.look();
            set(look);
            m_canvas.setLook(look);
        });
    };
    menu->addSection(tr("Enlarged pixels"));
    auto* filter = new QActionGroup(menu);
    choice(filter, tr("Sharp"), "filterNearest", [](CanvasLook& l) { l.filter = CanvasFilter::Nearest; });
    choice(filter, tr("Smooth"), "filterLinear", [](CanvasLook& l) { l.filter = CanvasFilter::Linear; });
    menu->addSection(tr("Colours"));
    auto* colours = new QActionGroup(menu);
    choice(colours, tr("As they are"), "coloursOff", [](CanvasLook& l) { l.falseColour = FalseColour::Off; });
    choice(colours, tr("False: sequential"), "coloursSequential",
           [](CanvasLook& l) { l.falseColour = FalseColour::Sequential; });
    choice(colours, tr("False: diverging"), "coloursDiverging",
           [](CanvasLook& l) { l.falseColour = FalseColour::Diverging; });
    menu->addSeparator();
    QAction* grid = menu->addAction(tr("Grid and values when close"));
    grid->setObjectName(QStringLiteral("lookGrid"));
    grid->setCheckable(true);
    grid->setChecked(m_canvas.look().grid);
    connect(grid, &QAction::toggled, this, [this](bool on) {
        CanvasLook look = m_canvas.look();
        look.grid = on;
        m_canvas.setLook(look);
    });
    const auto instrument = [&](Instrument which, const QString& text, const QString& name) {
        QAction* action = menu->addAction(text);
        action->setObjectName(name);
        action->setCheckable(true);
        connect(action, &QAction::toggled, this, [this, which](bool on) {
            Instruments shown = m_canvas.instruments();
            shown.setFlag(which, on);
            m_canvas.setInstruments(shown);
        });
    };
    if (m_canvas.usesOpenGl()) {
        instrument(Instrument::Probe, tr("Pixel under the mouse"), QStringLiteral("lookProbe"));
        instrument(Instrument::Frames, tr("Frame times"), QStringLiteral("lookFrames"));
    }
    makeMenu(QStringLiteral("sceneLook"), tr("Look"), tr("How pixels are drawn"), menu);

    QToolButton* overlays = makeButton(QStringLiteral("sceneOverlays"), tr("Overlays"),
                                       tr("Boxes, maps, mask and patch over the picture"));
    overlays->setCheckable(true);
    overlays->setChecked(true);
    connect(overlays, &QToolButton::toggled, this, [this](bool on) {
        CanvasLook look = m_canvas.look();
        look.overlays = on;
        m_canvas.setLook(look);
    });
    connect(makeButton(QStringLiteral("sceneFit"), tr("Fit"), tr("Fit the picture into the view (0)")),
            &QToolButton::clicked, &m_canvas, &ImageCanvas::fit);
    connect(makeButton(QStringLiteral("sceneOneToOne"), tr("1:1"),
                       tr("One pixel of the picture on one of the screen (1)")),
            &QToolButton::clicked, &m_canvas, &ImageCanvas::oneToOne);
}

void SceneToolbar::buildTools()
{
    auto* menu = new QMenu(this);
    m_tools = new QActionGroup(menu);
    const auto tool = [&](CanvasTool value, const QString& text, const QString& key, const QString& name) {
        QAction* action = menu->addAction(text + QLatin1Char('\t') + key);
        action->setObjectName(name);
        action->setCheckable(true);
        action->setActionGroup(m_tools);
        action->setData(int(value));
        action->setChecked(value == m_canvas.tool());
        connect(action, &QAction::triggered, this, [this, value] { m_canvas.setTool(value); });
    };
    tool(CanvasTool::Move, tr("Move the picture and the patch"), QStringLiteral("V"),
         QStringLiteral("toolMove"));
    menu->addSection(tr("Marks of your own"));
    tool(CanvasTool::Region, tr("Draw boxes"), QStringLiteral("R"), QStringLiteral("toolRegion"));
    tool(CanvasTool::MaskBox, tr("Fill boxes of a mask"), QStringLiteral("M"), QStringLiteral("toolMaskBox"));
    tool(CanvasTool::Brush, tr("Paint a mask"), QStringLiteral("B"), QStringLiteral("toolBrush"));
    tool(CanvasTool::Eraser, tr("Erase a mask"), QStringLiteral("E"), QStringLiteral("toolEraser"));
    connect(&m_canvas, &ImageCanvas::toolChanged, this, [this](CanvasTool chosen) {
        const auto actions = m_tools->actions();
        for (QAction* action : actions)
            action->setChecked(action->data().toInt() == int(chosen));
    });
    makeMenu(QStringLiteral("sceneTools"), tr("Tool"), tr("What the mouse does on the picture"), menu);
}

void SceneToolbar::buildUndo()
{
    QUndoStack* stack = m_canvas.undoStack();
    QToolButton* undo = makeButton(QStringLiteral("sceneUndo"), {}, tr("Undo on this picture (Ctrl+Z)"));
    QToolButton* redo = makeButton(QStringLiteral("sceneRedo"), {}, tr("Redo on this picture (Ctrl+Y)"));
    undo->setProperty("iconName", QStringLiteral("undo"));
    redo->setProperty("iconName", QStringLiteral("redo"));
    connect(undo, &QToolButton::clicked, stack, &QUndoStack::undo);
    connect(redo, &QToolButton::clicked, stack, &QUndoStack::redo);
    connect(stack, &QUndoStack::canUndoChanged, undo, &QToolButton::setEnabled);
    connect(stack, &QUndoStack::canRedoChanged, redo, &QToolButton::setEnabled);
    undo->setEnabled(stack->canUndo());
    redo->setEnabled(stack->canRedo());
}

void SceneToolbar::setTheme(const Theme& theme)
{
    const auto buttons = findChildren<QToolButton*>();
    for (QToolButton* button : buttons) {
        const QString name = button->property("iconName").toString();
        if (!name.isEmpty())
            button->setIcon(theme.icon(name, theme.text));
    }
}

} // namespace assay::widgets

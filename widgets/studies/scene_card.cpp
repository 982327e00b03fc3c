#include "widgets/studies/scene_card.h"

#include "widgets/canvas/image_canvas.h"
#include "widgets/studies/scene_toolbar.h"
#include "widgets/studies/scene_view.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QMenu>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace assay::widgets {

namespace {

constexpr int kLeastHeightInEm = 24;
constexpr int kMostHeightInEm = 44;
constexpr double kHeightToWidth = 0.55;

} // namespace

SceneCard::SceneCard(const QString& name, QWidget* parent)
    : ResultCard(Kind::Scene, name, parent)
    , m_holder(new QWidget(this))
{
    auto* column = new QVBoxLayout(m_holder);
    column->setContentsMargins(0, 0, 0, 0);
    QToolButton* save =
        addButton(QStringLiteral("save"), QStringLiteral("savePictureButton"), tr("Save the picture as PNG"));
    connect(save, &QToolButton::clicked, this, &SceneCard::saveRequested);
    setContent(m_holder);
}

SceneView* SceneCard::makeView()
{
    auto* view = new SceneView(m_holder);
    view->setObjectName(QStringLiteral("scene-") + name());
    view->setTheme(m_theme);
    m_holder->layout()->addWidget(view);
    connect(view, &SceneView::edited, this, &SceneCard::edited);
    QMenu* menu = view->toolbar()->patchMenu();
    menu->addAction(tr("Keep in workspace …"), this, &SceneCard::keepRequested)
        ->setObjectName(QStringLiteral("keepPatch"));
    menu->addAction(tr("Export for print …"), this, &SceneCard::printRequested)
        ->setObjectName(QStringLiteral("printPatch"));
    menu->addAction(tr("Copy"), this,
                    [this] { QGuiApplication::clipboard()->setImage(patchOf(m_scene).copy()); })
        ->setObjectName(QStringLiteral("copyPatch"));
    return view;
}

void SceneCard::setScene(SharedScene scene)
{
    m_scene = std::move(scene);
    setTexts(QString::fromStdString(m_scene->title), QString::fromStdString(m_scene->caption),
             QString::fromStdString(m_scene->section));
    m_holder->setAccessibleName(QString::fromStdString(m_scene->title));
    m_settles = false;
    invalidate();
}

void SceneCard::setLive(const std::vector<protocol::Field>& fields, const QString& whyNot)
{
    m_live = fields;
    m_whyNot = whyNot;
    if (m_view)
        m_view->setLive(m_live, m_whyNot);
}

void SceneCard::settle()
{
    m_settles = true;
    // A value that is still to be taken settles when it is.
    if (m_view && m_view->scene() == m_scene)
        m_view->settle();
}

void SceneCard::setTheme(const Theme& theme)
{
    ResultCard::setTheme(theme);
    m_theme = theme;
    if (m_view)
        m_view->setTheme(theme);
}

void SceneCard::refresh()
{
    if (!m_view)
        m_view = makeView();
    m_view->setScene(m_scene);
    m_view->setLive(m_live, m_whyNot);
    if (std::exchange(m_settles, false))
        m_view->settle();
}

int SceneCard::contentHeight(int width) const
{
    const int em = fontMetrics().height();
    const int canvas = std::clamp(int(width * kHeightToWidth), kLeastHeightInEm * em, kMostHeightInEm * em);
    return m_view ? m_view->heightFor(width, canvas) : canvas;
}

} // namespace assay::widgets

#include "widgets/studies/scene_view.h"

#include "backend/protocol/error.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/studies/scene_bars.h"
#include "widgets/studies/scene_toolbar.h"
#include "widgets/studies/text_kit.h"

#include <QBoxLayout>
#include <QScrollArea>
#include <QScrollBar>

#include <algorithm>

namespace assay::widgets {

namespace {

constexpr int kNarrowInEm = 46; ///< below it the bars stand under the picture
constexpr int kNarrowBarsInEm = 15;

/// Whether the patch can be turned, scaled or moved, in words.
QString patchHint(const PlaceFreedom& freedom)
{
    QStringList ways;
    if (freedom.moves)
        ways << SceneView::tr("drag the patch or use the arrows to move it");
    if (freedom.scales)
        ways << SceneView::tr("a corner (Page Up, Page Down) to scale it");
    if (freedom.turns)
        ways << SceneView::tr("the circle above it (, and .) to turn it");
    QString text = ways.join(QStringLiteral(", "));
    if (!text.isEmpty())
        text[0] = text[0].toUpper();
    return text;
}

/// As a scene is looked at first.
ImageCanvas& prepared(ImageCanvas& canvas)
{
    CanvasLook look = canvas.look();
    look.grid = false; // small pictures are always close
    canvas.setLook(look);
    return canvas;
}

} // namespace

SceneView::SceneView(QWidget* parent)
    : QWidget(parent)
    , m_canvas(new ImageCanvas(this))
    , m_toolbar(new SceneToolbar(prepared(*m_canvas), this))
    , m_bars(new SceneBars)
    , m_barsArea(new QScrollArea(this))
    , m_hint(makeParagraph("small", {}, this))
    , m_row(new QBoxLayout(QBoxLayout::LeftToRight))
{
    const int em = fontMetrics().height();
    m_canvas->setObjectName(QStringLiteral("sceneCanvas"));
    m_canvas->setWheelNeedsCtrl(true);
    m_canvas->setInstruments({}); // floating windows would cover the small picture; the toolbar can call them
    m_canvas->setMinimumSize(8 * em, 8 * em);
    m_canvas->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    m_barsArea->setWidget(m_bars);
    m_barsArea->setWidgetResizable(true);
    m_barsArea->setFrameShape(QFrame::NoFrame);
    m_barsArea->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_barsArea->setObjectName(QStringLiteral("sceneBarsArea"));
    m_barsArea->viewport()->setAutoFillBackground(false);
    m_bars->setAutoFillBackground(false);
    m_hint->setObjectName(QStringLiteral("sceneHint"));
    m_row->setSpacing(em);
    m_row->addWidget(m_canvas, 1);
    m_row->addWidget(m_barsArea, 0);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(em / 2);
    column->addWidget(m_toolbar);
    column->addLayout(m_row, 1);
    column->addWidget(m_hint);

    connect(m_canvas, &ImageCanvas::patchDragged, this, &SceneView::editPlace);
    connect(m_canvas, &ImageCanvas::patchPlaced, this, &SceneView::editPlace);
    connect(m_toolbar, &SceneToolbar::sampleChosen, this, [this](qint64 sample) {
        m_held = true;
        Q_EMIT edited({{m_scene->sampleField, sample}});
    });
}

void SceneView::editPlace(const PlacedRect& place)
{
    const Json params = paramsOf(place, *m_scene, m_live);
    if (params.empty())
        return;
    m_held = true;
    Q_EMIT edited(params);
}

void SceneView::setScene(SharedScene scene)
{
    const SharedScene before = std::exchange(m_scene, std::move(scene));
    showPictures(before);
    m_canvas->setBoxes(canvasBoxes(*m_scene));
    if (!before || before->maps != m_scene->maps)
        m_canvas->setHeatMaps(canvasMaps(*m_scene));
    if (!m_scene->mask.empty() && (!before || before->mask != m_scene->mask))
        m_canvas->setMask(maskOf(m_scene));
    m_bars->setScene(*m_scene);
    if (!m_held)
        m_toolbar->setScene(*m_scene);
    showSamplesLive();
    showPatch();
    arrange();
}

/// Only what changed is uploaded anew: a step of a drag changes the patched picture and no other.
void SceneView::showPictures(const SharedScene& before)
{
    const bool sameForm = before && before->width == m_scene->width && before->height == m_scene->height &&
                          before->pictures.size() == m_scene->pictures.size();
    if (!sameForm) {
        m_held = false; // places are in pixels of the picture that is gone
        m_canvas->setImages(canvasImages(m_scene));
        return;
    }
    for (std::size_t i = 0; i < m_scene->pictures.size(); ++i) {
        if (before->pictures[i] != m_scene->pictures[i])
            m_canvas->replaceImage(int(i), CanvasImage(pictureOf(m_scene, i),
                                                       QString::fromStdString(m_scene->pictures[i].name)));
    }
}

void SceneView::showPatch()
{
    m_canvas->setPatchFreedom(freedomOf(*m_scene, m_live));
    m_canvas->setPatch(patchOf(m_scene), m_held ? m_canvas->patch() : placeOf(m_scene->patch));
    showHint();
}

void SceneView::showHint()
{
    const bool patch = m_scene && !m_scene->patch.pixels.empty();
    const QString ways = patch ? patchHint(freedomOf(*m_scene, m_live)) : QString();
    const bool stuck = patch && ways.isEmpty();
    m_canvas->view()->setToolTip(stuck ? m_whyNot : QString());
    m_hint->setText(patch ? (stuck ? m_whyNot : ways + tr(". Ctrl and the wheel zoom."))
                          : tr("Ctrl and the wheel zoom, dragging moves the picture."));
}

void SceneView::showSamplesLive()
{
    const auto isSample = [this](const protocol::Field& f) { return f.name == m_scene->sampleField; };
    m_toolbar->setSamplesLive(std::any_of(m_live.begin(), m_live.end(), isSample), m_whyNot);
}

void SceneView::setLive(const std::vector<protocol::Field>& fields, const QString& whyNot)
{
    if (fields == m_live && whyNot == m_whyNot)
        return;
    m_live = fields;
    m_whyNot = whyNot;
    if (!m_scene)
        return;
    showSamplesLive();
    showPatch();
}

void SceneView::settle()
{
    if (!m_held || m_canvas->isDragging())
        return;
    m_held = false;
    if (!m_scene)
        return;
    m_toolbar->setScene(*m_scene);
    showPatch();
}

QImage SceneView::shownPicture() const
{
    const auto index = std::size_t(std::max(0, m_canvas->compare().first));
    return m_scene && index < m_scene->pictures.size() ? pictureOf(m_scene, index) : QImage();
}

void SceneView::setTheme(const Theme& theme)
{
    m_canvas->setTheme(theme);
    m_toolbar->setTheme(theme);
    m_bars->setTheme(theme);
}

bool SceneView::isNarrow(int width) const
{
    return width < kNarrowInEm * fontMetrics().height();
}

void SceneView::arrange()
{
    const bool narrow = isNarrow(width());
    m_row->setDirection(narrow ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
    m_barsArea->setVisible(!m_bars->isEmpty());
    const int em = fontMetrics().height();
    const int wanted = m_bars->sizeHint().width() + m_barsArea->verticalScrollBar()->sizeHint().width();
    m_barsArea->setFixedWidth(narrow ? QWIDGETSIZE_MAX : wanted);
    if (narrow) {
        m_barsArea->setMinimumWidth(0);
        m_barsArea->setFixedHeight(std::min(m_bars->sizeHint().height(), kNarrowBarsInEm * em));
    } else {
        m_barsArea->setMinimumHeight(0);
        m_barsArea->setMaximumHeight(QWIDGETSIZE_MAX);
    }
}

int SceneView::heightFor(int width, int canvasHeight) const
{
    const int em = fontMetrics().height();
    int height = m_toolbar->heightForWidth(width) + canvasHeight + m_hint->heightForWidth(width) + em;
    if (isNarrow(width) && !m_bars->isEmpty())
        height += std::min(m_bars->sizeHint().height(), kNarrowBarsInEm * em) + em;
    return height;
}

void SceneView::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    arrange();
}

} // namespace assay::widgets

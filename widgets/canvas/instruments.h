#pragma once

#include "widgets/canvas/canvas_controller.h"
#include "widgets/canvas/canvas_scene.h"
#include "widgets/canvas/frame_times.h"
#include "widgets/canvas/imgui_bridge.h"
#include "widgets/canvas/instrument_set.h"

#include <QCoreApplication>
#include <QHash>

namespace assay::widgets {

/// The floating windows of a canvas, built anew for each frame from the scene; what the user changes in them
/// goes straight into the scene. One per view.
class InstrumentPanel
{
    Q_DECLARE_TR_FUNCTIONS(InstrumentPanel)
public:
    InstrumentPanel(CanvasScene& scene, CanvasController& controller, ImguiBridge& bridge);

    Instruments shown() const { return m_shown; }
    void setShown(Instruments shown) { m_shown = shown; }

    /// Inside ImguiBridge::frame(). @p tileBytes: of the textures.
    void build(const FrameTimes& frames, qint64 tileBytes);
    /// Where a window stands, in logical view pixels; null when it is not shown. For tests and screenshots.
    QRectF place(Instrument instrument) const { return m_places.value(static_cast<int>(instrument)); }

private:
    bool begin(Instrument instrument, const QString& title, const QPointF& place, const QPointF& pivot);
    void end(Instrument instrument);
    void buildTools();
    void buildToolButtons();
    void buildCompare();
    void buildLook();
    void buildProbabilities();
    void buildProbe();
    void buildFrames(const FrameTimes& frames, qint64 tileBytes);
    void collectLetters();

    CanvasScene& m_scene;
    CanvasController& m_controller;
    ImguiBridge& m_bridge;
    Instruments m_shown = Instrument::Tools | Instrument::Probabilities | Instrument::Probe;
    QHash<int, QRectF> m_places;
    QSizeF m_laidOutFor; ///< view size of the last frame
};

} // namespace assay::widgets

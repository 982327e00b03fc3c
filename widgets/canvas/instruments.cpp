#include "widgets/canvas/instruments.h"

#include "widgets/canvas/instrument_style.h"
#include "widgets/canvas/pixel_shade.h"

#include <imgui.h>

#include <algorithm>

namespace assay::widgets {

namespace {

constexpr double kMargin = 10; ///< logical pixels between a window's first place and the view's side

/// Text of the user's language with an identity that does not depend on it.
QByteArray labelled(const QString& text, const char* id)
{
    return text.toUtf8() + "###" + id;
}

void plainText(const QString& text)
{
    const QByteArray bytes = text.toUtf8();
    ImGui::TextUnformatted(bytes.constData(), bytes.constData() + bytes.size());
}

void mutedText(const QString& text)
{
    ImGui::PushStyleColor(ImGuiCol_Text, ImGui::GetStyle().Colors[ImGuiCol_TextDisabled]);
    plainText(text);
    ImGui::PopStyleColor();
}

/// The text cut so that it fits @p width, with an ellipsis.
QString elided(const QString& text, float width)
{
    if (ImGui::CalcTextSize(text.toUtf8().constData()).x <= width)
        return text;
    QString cut = text;
    while (!cut.isEmpty() && ImGui::CalcTextSize((cut + u'…').toUtf8().constData()).x > width)
        cut.chop(1);
    return cut + u'…';
}

} // namespace

InstrumentPanel::InstrumentPanel(CanvasScene& scene, CanvasController& controller, ImguiBridge& bridge)
    : m_scene(scene)
    , m_controller(controller)
    , m_bridge(bridge)
{}

void InstrumentPanel::build(const FrameTimes& frames, qint64 tileBytes)
{
    collectLetters();
    const QHash<int, QRectF> before = std::exchange(m_places, {});
    if (m_laidOutFor.isEmpty())
        m_laidOutFor = m_scene.viewport();
    else if (m_laidOutFor != m_scene.viewport())
        for (auto it = before.constBegin(); it != before.constEnd(); ++it)
            m_places.insert(-it.key(), it.value());
    if (m_shown.testFlag(Instrument::Tools))
        buildTools();
    if (m_shown.testFlag(Instrument::Probabilities) && !m_scene.probabilities().isEmpty())
        buildProbabilities();
    if (m_shown.testFlag(Instrument::Probe) && m_scene.imageCount() > 0)
        buildProbe();
    if (m_shown.testFlag(Instrument::Frames))
        buildFrames(frames, tileBytes);
    m_laidOutFor = m_scene.viewport();
}

void InstrumentPanel::collectLetters()
{
    for (const ClassProbability& p : m_scene.probabilities())
        m_bridge.requireLetters(p.label);
    for (int i = 0; i < m_scene.imageCount(); ++i)
        m_bridge.requireLetters(m_scene.pyramid(i).image().name());
}

bool InstrumentPanel::begin(Instrument instrument, const QString& title, const QPointF& place,
                            const QPointF& pivot)
{
    const QSizeF view = m_scene.viewport();
    // Negative keys: where the window stood before the view was resized.
    if (const auto was = m_places.constFind(-static_cast<int>(instrument)); was != m_places.constEnd()) {
        const QPointF kept = keptPlace(*was, m_laidOutFor, view);
        ImGui::SetNextWindowPos(ImVec2(float(kept.x()), float(kept.y())));
    } else {
        const QPointF at(place.x() * view.width() + kMargin * (1 - 2 * pivot.x()),
                         place.y() * view.height() + kMargin * (1 - 2 * pivot.y()));
        ImGui::SetNextWindowPos(ImVec2(float(at.x()), float(at.y())), ImGuiCond_FirstUseEver,
                                ImVec2(float(pivot.x()), float(pivot.y())));
    }
    // In a small view the palette would cover the picture.
    const bool cramped = view.height() < 26 * ImGui::GetFontSize();
    ImGui::SetNextWindowCollapsed(cramped && instrument == Instrument::Tools, ImGuiCond_FirstUseEver);
    return ImGui::Begin(title.toUtf8().constData(), nullptr,
                        ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoSavedSettings |
                            ImGuiWindowFlags_NoFocusOnAppearing | ImGuiWindowFlags_NoNav);
}

void InstrumentPanel::end(Instrument instrument)
{
    const ImVec2 place = ImGui::GetWindowPos(), size = ImGui::GetWindowSize();
    m_places.remove(-static_cast<int>(instrument));
    m_places.insert(static_cast<int>(instrument), QRectF(place.x, place.y, size.x, size.y));
    ImGui::End();
}

void InstrumentPanel::buildProbabilities()
{
    const bool open =
        begin(Instrument::Probabilities, tr("Probabilities") + "###probabilities", {1, 0}, {1, 0});
    if (open) {
        const float em = ImGui::GetFontSize();
        const float labelWidth = 7 * em, barWidth = 9 * em, row = em * 1.35F;
        ImDrawList* list = ImGui::GetWindowDrawList();
        const Theme& theme = m_scene.theme();
        for (const ClassProbability& p : m_scene.probabilities()) {
            const ImVec2 at = ImGui::GetCursorScreenPos();
            const float centre = at.y + (row - em) / 2;
            const QByteArray label = elided(p.label, labelWidth - em / 2).toUtf8();
            list->AddText(ImVec2(at.x, centre), inkOf(theme.text), label.constData());
            const float left = at.x + labelWidth;
            const float filled = barWidth * static_cast<float>(std::clamp(p.value, 0.0, 1.0));
            const float top = at.y + row * 0.2F, bottom = at.y + row * 0.8F;
            list->AddRectFilled(ImVec2(left, top), ImVec2(left + barWidth, bottom), inkOf(theme.raised), 3);
            if (filled >= 1)
                list->AddRectFilled(ImVec2(left, top), ImVec2(left + filled, bottom),
                                    inkOf(theme.role(p.role.isEmpty() ? "accent" : p.role)), 3);
            ImGui::PushFont(m_bridge.fonts().mono);
            const QByteArray value = QString::number(p.value, 'f', 3).toUtf8();
            list->AddText(ImVec2(left + barWidth + em / 2, centre), inkOf(theme.text), value.constData());
            const float width = labelWidth + barWidth + em / 2 + ImGui::CalcTextSize("0.000").x;
            ImGui::PopFont();
            ImGui::Dummy(ImVec2(width, row));
        }
    }
    end(Instrument::Probabilities);
}

void InstrumentPanel::buildProbe()
{
    const bool open = begin(Instrument::Probe, tr("Pixel") + "###probe", {0, 1}, {0, 1});
    if (open) {
        const QPoint at = m_scene.hovered();
        const float em = ImGui::GetFontSize();
        ImGui::Dummy(ImVec2(14 * em, 0));
        ImGui::PushFont(m_bridge.fonts().mono);
        if (at.x() < 0)
            mutedText(tr("outside the image"));
        else
            plainText(QString("x %1  y %2").arg(at.x()).arg(at.y()));
        for (int i = 0; i < m_scene.imageCount(); ++i) {
            const CanvasImage& image = m_scene.pyramid(i).image();
            const QVector<double> values = image.valuesAt(at);
            QString text;
            for (const double value : values)
                text += (text.isEmpty() ? "" : "  ") + image.valueText(value);
            if (!values.isEmpty()) {
                const PixelShade::Sample s = sampleOf(image, image.pixels(), at.x(), at.y());
                const ImVec4 swatch(std::clamp(s[0], 0.0F, 1.0F), std::clamp(s[1], 0.0F, 1.0F),
                                    std::clamp(s[2], 0.0F, 1.0F), 1);
                ImGui::PushID(i);
                ImGui::ColorButton("##swatch", swatch,
                                   ImGuiColorEditFlags_NoTooltip | ImGuiColorEditFlags_NoDragDrop,
                                   ImVec2(em, em));
                ImGui::PopID();
                ImGui::SameLine();
            }
            plainText(text.isEmpty() ? QStringLiteral("–") : text);
            if (m_scene.imageCount() > 1) {
                ImGui::SameLine();
                mutedText(image.name());
            }
        }
        mutedText(tr("zoom %1 %").arg(m_scene.view().scale * m_scene.pixelRatio() * 100, 0, 'g', 4));
        ImGui::PopFont();
    }
    end(Instrument::Probe);
}

void InstrumentPanel::buildFrames(const FrameTimes& frames, qint64 tileBytes)
{
    const bool open = begin(Instrument::Frames, tr("Frame time") + "###frames", {1, 1}, {1, 1});
    if (open) {
        const QVector<float> values = frames.values();
        const float em = ImGui::GetFontSize();
        const float top = std::max(16.0F, static_cast<float>(frames.quantile(1)));
        ImGui::PlotLines("##times", values.constData(), static_cast<int>(values.size()), 0, nullptr, 0, top,
                         ImVec2(15 * em, 3 * em));
        ImGui::PushFont(m_bridge.fonts().mono);
        plainText(tr("median %1 ms  99 %: %2 ms")
                      .arg(frames.quantile(0.5), 0, 'f', 1)
                      .arg(frames.quantile(0.99), 0, 'f', 1));
        mutedText(tr("textures %1 MB").arg(static_cast<double>(tileBytes) / (1 << 20), 0, 'f', 1));
        ImGui::PopFont();
    }
    end(Instrument::Frames);
}

void InstrumentPanel::buildTools()
{
    if (begin(Instrument::Tools, tr("Tools") + "###tools", {0, 0}, {0, 0})) {
        buildToolButtons();
        ImGui::Separator();
        buildCompare();
        buildLook();
        ImGui::Separator();
        bool frames = m_shown.testFlag(Instrument::Frames);
        if (ImGui::Checkbox(labelled(tr("Frame time"), "showFrames"), &frames))
            m_shown.setFlag(Instrument::Frames, frames);
    }
    end(Instrument::Tools);
}

} // namespace assay::widgets

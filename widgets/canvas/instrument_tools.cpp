#include "widgets/canvas/instruments.h"

#include "widgets/canvas/instrument_style.h"

#include <imgui.h>

#include <array>

// The tool palette: one part of InstrumentPanel.

namespace assay::widgets {

namespace {

QByteArray toolLabel(const QString& text, const char* id)
{
    return text.toUtf8() + "###" + id;
}

/// A button that stays lit while it is the chosen one.
bool choiceButton(const QString& text, const char* id, bool chosen, const Theme& theme, const ImVec2& size)
{
    if (chosen) {
        const ImU32 ground = inkOf(theme.accent);
        for (const ImGuiCol part : {ImGuiCol_Button, ImGuiCol_ButtonHovered, ImGuiCol_ButtonActive})
            ImGui::PushStyleColor(part, ground);
        ImGui::PushStyleColor(ImGuiCol_Text, inkOf(theme.accentText));
    }
    const bool pressed = ImGui::Button(toolLabel(text, id), size);
    if (chosen)
        ImGui::PopStyleColor(4);
    return pressed;
}

void tip(const QString& text)
{
    if (ImGui::IsItemHovered())
        ImGui::SetTooltip("%s", text.toUtf8().constData());
}

template <std::size_t N>
bool choose(const QString& title, const char* id, int& chosen, const std::array<QString, N>& names)
{
    bool changed = false;
    ImGui::SetNextItemWidth(9 * ImGui::GetFontSize());
    if (ImGui::BeginCombo(toolLabel(title, id), names[chosen].toUtf8().constData())) {
        for (int i = 0; i < static_cast<int>(N); ++i) {
            if (ImGui::Selectable(names[i].toUtf8().constData(), i == chosen)) {
                chosen = i;
                changed = true;
            }
        }
        ImGui::EndCombo();
    }
    return changed;
}

bool slide(const QString& title, const char* id, double& value, double least, double most, const char* format,
           bool logarithmic)
{
    auto current = static_cast<float>(value);
    ImGui::SetNextItemWidth(9 * ImGui::GetFontSize());
    if (!ImGui::SliderFloat(toolLabel(title, id), &current, static_cast<float>(least),
                            static_cast<float>(most), format, logarithmic ? ImGuiSliderFlags_Logarithmic : 0))
        return false;
    value = current;
    return true;
}

} // namespace

void InstrumentPanel::buildToolButtons()
{
    struct Tool
    {
        CanvasTool tool;
        QString text, hint;
        const char* id;
    };
    const std::array tools{
        Tool{CanvasTool::Move, tr("Move"), tr("Pan; move, scale and turn the patch (V)"), "toolMove"},
        Tool{CanvasTool::Region, tr("Region"), tr("Draw a box; click one to select it (R)"), "toolRegion"},
        Tool{CanvasTool::MaskBox, tr("Mask box"), tr("Fill a box of the mask; Alt empties it (M)"),
             "toolMaskBox"},
        Tool{CanvasTool::Brush, tr("Brush"), tr("Paint the mask; Alt erases; [ and ] change the size (B)"),
             "toolBrush"},
        Tool{CanvasTool::Eraser, tr("Eraser"), tr("Erase the mask (E)"), "toolEraser"}};
    const float width = 5.2F * ImGui::GetFontSize();
    for (std::size_t i = 0; i < tools.size(); ++i) {
        if (i % 3 != 0)
            ImGui::SameLine();
        const Tool& tool = tools[i];
        if (choiceButton(tool.text, tool.id, m_scene.tool() == tool.tool, m_scene.theme(), ImVec2(width, 0)))
            m_scene.setTool(tool.tool);
        tip(tool.hint);
    }
    ImGui::SameLine();
    ImGui::BeginDisabled(!m_scene.mask() || m_scene.mask()->isUntouched());
    if (ImGui::Button(toolLabel(tr("Clear mask"), "clearMask"), ImVec2(width, 0)))
        m_controller.clearMask();
    ImGui::EndDisabled();
    if (m_scene.tool() == CanvasTool::Brush || m_scene.tool() == CanvasTool::Eraser) {
        double radius = m_scene.brushRadius();
        if (slide(tr("Radius"), "radius", radius, 0.5, 512, "%.1f px", true))
            m_scene.setBrushRadius(radius);
    }
    QUndoStack* undo = m_scene.undoStack();
    ImGui::BeginDisabled(!undo->canUndo());
    if (ImGui::Button(toolLabel(tr("Undo"), "undo"), ImVec2(width, 0)))
        undo->undo();
    tip(undo->undoText());
    ImGui::EndDisabled();
    ImGui::SameLine();
    ImGui::BeginDisabled(!undo->canRedo());
    if (ImGui::Button(toolLabel(tr("Redo"), "redo"), ImVec2(width, 0)))
        undo->redo();
    ImGui::EndDisabled();
}

void InstrumentPanel::buildCompare()
{
    if (m_scene.imageCount() < 2)
        return;
    CompareSettings compare = m_scene.compare();
    int mode = static_cast<int>(compare.mode);
    const std::array modes{tr("One image"), tr("Side by side"), tr("Swipe"), tr("Blink"), tr("Difference")};
    if (choose(tr("Compare"), "compare", mode, modes))
        compare.mode = static_cast<CompareMode>(mode);
    if (compare.mode == CompareMode::Difference) {
        slide(tr("Gain"), "gain", compare.gain, 1, 256, "x %.0f", true);
        ImGui::Checkbox(toolLabel(tr("Signed"), "signed"), &compare.signedDifference);
    }
    if (compare.mode == CompareMode::Blink) {
        double ms = compare.blinkMs;
        if (slide(tr("Every"), "blink", ms, 100, 2000, "%.0f ms", false))
            compare.blinkMs = qRound(ms);
    }
    m_scene.setCompare(compare);
}

void InstrumentPanel::buildLook()
{
    CanvasLook look = m_scene.look();
    int filter = static_cast<int>(look.filter);
    if (choose(tr("Pixels"), "filter", filter, std::array{tr("Nearest"), tr("Linear")}))
        look.filter = static_cast<CanvasFilter>(filter);
    int colours = static_cast<int>(look.falseColour);
    if (choose(tr("Colours"), "colours", colours,
               std::array{tr("As they are"), tr("Sequential"), tr("Diverging")}))
        look.falseColour = static_cast<FalseColour>(colours);
    ImGui::Checkbox(toolLabel(tr("Grid"), "grid"), &look.grid);
    ImGui::SameLine();
    ImGui::Checkbox(toolLabel(tr("Overlays"), "overlays"), &look.overlays);
    if (!m_scene.heatLayers().empty())
        slide(tr("Heat"), "heat", look.heatOpacity, 0, 1, "%.2f", false);
    const float width = 5.2F * ImGui::GetFontSize();
    if (ImGui::Button(toolLabel(tr("Fit"), "fit"), ImVec2(width, 0)))
        m_scene.fit();
    ImGui::SameLine();
    if (ImGui::Button(toolLabel(tr("1:1"), "oneToOne"), ImVec2(width, 0)))
        m_scene.oneToOne();
    m_scene.setLook(look);
}

} // namespace assay::widgets

#include "widgets/canvas/instrument_style.h"

#include <QFontMetricsF>

#include <algorithm>

namespace assay::widgets {

namespace {

ImVec4 asImVec(const QColor& colour, double opacity = 1)
{
    return {colour.redF(), colour.greenF(), colour.blueF(), static_cast<float>(colour.alphaF() * opacity)};
}

QColor between(const QColor& a, const QColor& b, float share)
{
    return QColor::fromRgbF(a.redF() + (b.redF() - a.redF()) * share,
                            a.greenF() + (b.greenF() - a.greenF()) * share,
                            a.blueF() + (b.blueF() - a.blueF()) * share);
}

void setColours(ImGuiStyle& style, const Theme& t)
{
    auto& c = style.Colors;
    const QColor hover = between(t.raised, t.text, 0.08F), pressed = between(t.raised, t.text, 0.16F);
    const QColor field = t.isDark() ? t.window : t.raised;
    c[ImGuiCol_Text] = asImVec(t.text);
    c[ImGuiCol_TextDisabled] = asImVec(t.mutedText);
    c[ImGuiCol_WindowBg] = asImVec(t.panel, 0.95);
    c[ImGuiCol_PopupBg] = asImVec(t.panel);
    c[ImGuiCol_Border] = asImVec(t.border);
    c[ImGuiCol_FrameBg] = asImVec(field);
    c[ImGuiCol_FrameBgHovered] = asImVec(hover);
    c[ImGuiCol_FrameBgActive] = asImVec(pressed);
    c[ImGuiCol_TitleBg] = c[ImGuiCol_TitleBgActive] = c[ImGuiCol_TitleBgCollapsed] = asImVec(t.panel, 0.95);
    c[ImGuiCol_CheckMark] = asImVec(t.accent);
    c[ImGuiCol_SliderGrab] = c[ImGuiCol_SliderGrabActive] = asImVec(t.accent);
    c[ImGuiCol_Button] = asImVec(t.raised);
    c[ImGuiCol_ButtonHovered] = asImVec(hover);
    c[ImGuiCol_ButtonActive] = asImVec(pressed);
    c[ImGuiCol_Header] = asImVec(t.selection);
    c[ImGuiCol_HeaderHovered] = asImVec(hover);
    c[ImGuiCol_HeaderActive] = asImVec(pressed);
    c[ImGuiCol_Separator] = asImVec(t.border);
    c[ImGuiCol_ResizeGrip] = asImVec(t.border);
    c[ImGuiCol_ResizeGripHovered] = c[ImGuiCol_ResizeGripActive] = asImVec(t.accent);
    c[ImGuiCol_ScrollbarBg] = asImVec(t.panel, 0);
    c[ImGuiCol_ScrollbarGrab] = asImVec(t.border);
    c[ImGuiCol_PlotLines] = c[ImGuiCol_PlotHistogram] = asImVec(t.accent);
    c[ImGuiCol_TextSelectedBg] = asImVec(t.accent, 0.35);
    c[ImGuiCol_NavHighlight] = asImVec(t.accent);
}

/// The nearer side keeps its distance.
double keptAlong(double start, double length, double before, double after)
{
    const double end = before - start - length;
    const double moved = start <= end ? start : after - end - length;
    return std::clamp(moved, 0.0, std::max(0.0, after - length));
}

} // namespace

ImGuiStyle instrumentStyle(const Theme& theme)
{
    ImGuiStyle style;
    style.WindowRounding = style.PopupRounding = 8;
    style.FrameRounding = style.GrabRounding = style.ScrollbarRounding = 4;
    style.WindowBorderSize = 1;
    style.WindowPadding = ImVec2(10, 9);
    style.FramePadding = ImVec2(8, 3);
    style.ItemSpacing = ImVec2(6, 5);
    style.ItemInnerSpacing = ImVec2(6, 4);
    style.GrabMinSize = 10;
    style.WindowTitleAlign = ImVec2(0, 0.5F);
    style.WindowMenuButtonPosition = ImGuiDir_Right;
    style.DisplaySafeAreaPadding = ImVec2(0, 0);
    style.ScaleAllSizes(static_cast<float>(QFontMetricsF(theme.font()).height() / 16));
    style.WindowBorderSize = 1;
    setColours(style, theme);
    return style;
}

ImU32 inkOf(const QColor& colour, double opacity)
{
    return ImGui::ColorConvertFloat4ToU32(asImVec(colour, opacity));
}

QPointF keptPlace(const QRectF& window, const QSizeF& before, const QSizeF& after)
{
    return {keptAlong(window.x(), window.width(), before.width(), after.width()),
            keptAlong(window.y(), window.height(), before.height(), after.height())};
}

} // namespace assay::widgets

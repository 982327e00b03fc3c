#include "widgets/canvas/imgui_bridge.h"

#include "widgets/canvas/imgui_renderer.h"
#include "widgets/canvas/instrument_style.h"

#include <QClipboard>
#include <QDeadlineTimer>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>

#include <imgui.h>
#include <imgui_internal.h>

#include <algorithm>

namespace assay::widgets {

namespace {

/// Dear ImGui lays a window out by what it held a frame ago: hovering and sizes settle in two more.
constexpr int kSettle = 3;

const char* clipboardText(void* buffer)
{
    auto* kept = static_cast<QByteArray*>(buffer);
    *kept = QGuiApplication::clipboard()->text().toUtf8();
    return kept->constData();
}

void setClipboardText(void*, const char* text)
{
    QGuiApplication::clipboard()->setText(QString::fromUtf8(text));
}

/// What Dear ImGui is given between two calls; one for all, since it copies it at once.
QByteArray& clipboardBuffer()
{
    static QByteArray buffer;
    return buffer;
}

} // namespace

/// Makes a context current while it lives and puts the former back: canvases may nest (a tool tip that
/// paints).
class ImguiBridge::Current
{
public:
    explicit Current(ImGuiContext* context)
        : m_former(ImGui::GetCurrentContext())
    {
        ImGui::SetCurrentContext(context);
    }
    ~Current() { ImGui::SetCurrentContext(m_former); }
    Current(const Current&) = delete;
    Current& operator=(const Current&) = delete;

private:
    ImGuiContext* m_former;
};

ImguiBridge::ImguiBridge()
    : m_letters(instrumentLetters())
{
    ImGuiContext* former = ImGui::GetCurrentContext();
    m_context = ImGui::CreateContext();
    ImGui::SetCurrentContext(m_context);
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = nullptr; // the canvas keeps its own state; nothing is written to the working folder
    io.BackendPlatformName = "assay";
    io.BackendRendererName = "assay";
    io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset | ImGuiBackendFlags_HasMouseCursors;
    io.ConfigWindowsMoveFromTitleBarOnly = true;
    io.GetClipboardTextFn = clipboardText;
    io.SetClipboardTextFn = setClipboardText;
    io.ClipboardUserData = &clipboardBuffer();
#if IMGUI_VERSION_NUM < 18700
    for (int key = 0; key < ImGuiKey_COUNT; ++key)
        io.KeyMap[key] = key;
#endif
    ImGui::SetCurrentContext(former);
    applyStyle();
}

ImguiBridge::~ImguiBridge()
{
    ImGuiContext* former = ImGui::GetCurrentContext();
    ImGui::DestroyContext(m_context);
    if (former != m_context)
        ImGui::SetCurrentContext(former);
}

void ImguiBridge::setTheme(const Theme& theme)
{
    m_theme = theme;
    m_fontRatio = 0;
    m_settling = kSettle;
    applyStyle();
}

void ImguiBridge::applyStyle()
{
    const Current current(m_context);
    ImGui::GetStyle() = instrumentStyle(m_theme);
}

void ImguiBridge::requireLetters(const QString& text)
{
    for (const QChar c : text)
        if (!c.isSurrogate() && c.isPrint() && !m_letters.contains(c.unicode())) {
            m_letters.insert(c.unicode());
            m_fontRatio = 0;
        }
}

void ImguiBridge::buildFonts(double pixelRatio)
{
    ImGuiIO& io = ImGui::GetIO();
    io.Fonts->Clear();
    m_fonts = buildInstrumentFonts(*io.Fonts, m_theme, pixelRatio, m_letters);
    io.Fonts->SetTexID(ImTextureID(1)); // there is one texture only
    io.FontDefault = m_fonts.text;
    m_renderer->setFonts(*io.Fonts);
    m_fontRatio = pixelRatio;
}

void ImguiBridge::frame(const QSizeF& view, double pixelRatio, const std::function<void()>& instruments)
{
    const Current current(m_context);
    if (!m_renderer) {
        m_renderer = std::make_unique<ImguiRenderer>();
        m_fontRatio = 0;
    }
    if (m_fontRatio != pixelRatio)
        buildFonts(pixelRatio);
    ImGuiIO& io = ImGui::GetIO();
    io.DisplaySize = ImVec2(static_cast<float>(view.width()), static_cast<float>(view.height()));
    io.DisplayFramebufferScale = ImVec2(static_cast<float>(pixelRatio), static_cast<float>(pixelRatio));
    io.FontGlobalScale = static_cast<float>(1 / pixelRatio);
    const qint64 now = QDeadlineTimer::current().deadlineNSecs();
    io.DeltaTime = std::clamp(static_cast<float>(now - m_lastFrameNs) * 1e-9F, 1e-4F, 0.1F);
    m_lastFrameNs = now;
    if (!m_input.isEmpty())
        m_settling = kSettle;
    m_input.apply(io);
    ImGui::NewFrame();
    instruments();
    ImGui::Render();
    m_renderer->draw(*ImGui::GetDrawData(), (view * pixelRatio).toSize());
    m_settling = std::max(0, m_settling - 1);
}

void ImguiBridge::settle()
{
    m_settling = kSettle;
}

void ImguiBridge::releaseGl()
{
    m_renderer.reset();
    m_fontRatio = 0;
}

bool ImguiBridge::takesMouseAt(const QPointF& viewPoint) const
{
    if (m_holdsMouse)
        return true;
    // Asked of the windows themselves: io.WantCaptureMouse is as old as the last frame's mouse position.
    const ImVec2 point(static_cast<float>(viewPoint.x()), static_cast<float>(viewPoint.y()));
    return std::any_of(m_context->Windows.begin(), m_context->Windows.end(), [&point](ImGuiWindow* window) {
        return window->WasActive && !window->Hidden &&
               (window->Flags & ImGuiWindowFlags_NoMouseInputs) == 0 && window->ParentWindow == nullptr &&
               window->Rect().Contains(point) && (window->Flags & ImGuiWindowFlags_Tooltip) == 0 &&
               !window->IsFallbackWindow;
    });
}

bool ImguiBridge::press(const QMouseEvent& event)
{
    const bool takes = takesMouseAt(event.position());
    // A press beside all windows is told, too: it closes lists and takes the focus from text fields.
    m_input.moved(event.position());
    m_input.button(event.button(), true);
    m_holdsMouse = takes;
    return takes;
}

bool ImguiBridge::move(const QMouseEvent& event)
{
    m_input.moved(event.position());
    return takesMouseAt(event.position());
}

bool ImguiBridge::release(const QMouseEvent& event)
{
    m_input.moved(event.position());
    m_input.button(event.button(), false);
    const bool takes = m_holdsMouse;
    if (event.buttons() == Qt::NoButton)
        m_holdsMouse = false;
    return takes;
}

bool ImguiBridge::wheel(const QWheelEvent& event)
{
    if (!takesMouseAt(event.position()))
        return false;
    m_input.wheel(QPointF(event.angleDelta()) / 120);
    return true;
}

bool ImguiBridge::wantsText() const
{
    const Current current(m_context);
    return ImGui::GetIO().WantTextInput;
}

bool ImguiBridge::key(const QKeyEvent& event, bool down)
{
    // Releases are always told, so that no key stays down when a field closes while it is held.
    if (down && !wantsText())
        return false;
    m_input.key(event.key(), event.modifiers(), down);
    const bool isText = down && !(event.modifiers() & (Qt::ControlModifier | Qt::MetaModifier)) &&
                        !event.text().isEmpty() && event.text().at(0).isPrint();
    if (isText)
        inputText(event.text());
    return down;
}

void ImguiBridge::inputText(const QString& text)
{
    requireLetters(text);
    m_input.text(text);
}

void ImguiBridge::leave()
{
    m_input.left();
}

void ImguiBridge::loseFocus()
{
    m_holdsMouse = false;
    m_input.released();
}

Qt::CursorShape ImguiBridge::cursor() const
{
    const Current current(m_context);
    switch (ImGui::GetMouseCursor()) {
    case ImGuiMouseCursor_TextInput:
        return Qt::IBeamCursor;
    case ImGuiMouseCursor_ResizeAll:
        return Qt::SizeAllCursor;
    case ImGuiMouseCursor_ResizeNS:
        return Qt::SizeVerCursor;
    case ImGuiMouseCursor_ResizeEW:
        return Qt::SizeHorCursor;
    case ImGuiMouseCursor_ResizeNESW:
        return Qt::SizeBDiagCursor;
    case ImGuiMouseCursor_ResizeNWSE:
        return Qt::SizeFDiagCursor;
    case ImGuiMouseCursor_Hand:
        return Qt::PointingHandCursor;
    case ImGuiMouseCursor_NotAllowed:
        return Qt::ForbiddenCursor;
    default:
        return Qt::ArrowCursor;
    }
}

} // namespace assay::widgets

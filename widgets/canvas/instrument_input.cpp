#include "widgets/canvas/instrument_input.h"

#include <imgui.h>

#include <algorithm>
#include <cfloat>
#include <set>

namespace assay::widgets {

std::optional<int> instrumentKey(int qtKey)
{
    switch (qtKey) {
    case Qt::Key_Tab:
    case Qt::Key_Backtab:
        return ImGuiKey_Tab;
    case Qt::Key_Left:
        return ImGuiKey_LeftArrow;
    case Qt::Key_Right:
        return ImGuiKey_RightArrow;
    case Qt::Key_Up:
        return ImGuiKey_UpArrow;
    case Qt::Key_Down:
        return ImGuiKey_DownArrow;
    case Qt::Key_PageUp:
        return ImGuiKey_PageUp;
    case Qt::Key_PageDown:
        return ImGuiKey_PageDown;
    case Qt::Key_Home:
        return ImGuiKey_Home;
    case Qt::Key_End:
        return ImGuiKey_End;
    case Qt::Key_Insert:
        return ImGuiKey_Insert;
    case Qt::Key_Delete:
        return ImGuiKey_Delete;
    case Qt::Key_Backspace:
        return ImGuiKey_Backspace;
    case Qt::Key_Space:
        return ImGuiKey_Space;
    case Qt::Key_Return:
        return ImGuiKey_Enter;
    case Qt::Key_Enter:
        return ImGuiKey_KeyPadEnter;
    case Qt::Key_Escape:
        return ImGuiKey_Escape;
    case Qt::Key_A:
        return ImGuiKey_A;
    case Qt::Key_C:
        return ImGuiKey_C;
    case Qt::Key_V:
        return ImGuiKey_V;
    case Qt::Key_X:
        return ImGuiKey_X;
    case Qt::Key_Y:
        return ImGuiKey_Y;
    case Qt::Key_Z:
        return ImGuiKey_Z;
    default:
        return std::nullopt;
    }
}

void InstrumentInput::button(Qt::MouseButton button, bool down)
{
    const int code = button == Qt::LeftButton     ? ImGuiMouseButton_Left
                     : button == Qt::RightButton  ? ImGuiMouseButton_Right
                     : button == Qt::MiddleButton ? ImGuiMouseButton_Middle
                                                  : -1;
    if (code >= 0)
        m_events.push_back({.kind = Kind::Button, .code = code, .down = down});
}

void InstrumentInput::key(int qtKey, Qt::KeyboardModifiers modifiers, bool down)
{
    m_events.push_back(
        {.kind = Kind::Key, .code = instrumentKey(qtKey).value_or(-1), .down = down, .modifiers = modifiers});
}

void InstrumentInput::apply(ImGuiIO& io)
{
    std::set<int> changed;
    bool moved = false;
    while (!m_events.empty()) {
        const Event& event = m_events.front();
        const bool isButton = event.kind == Kind::Button;
        if (isButton || event.kind == Kind::Key) {
            // Dear ImGui drags while a button is down: the last move of a drag is seen before its release.
            if (isButton && !event.down && moved)
                return;
            if (!changed.insert(isButton ? event.code : 1000 + event.code).second)
                return;
        }
        // A move after a press belongs to the drag: the press is seen at its own place first.
        if (event.kind == Kind::Move) {
            if (std::ranges::any_of(changed, [](int id) { return id < 1000; }))
                return;
            moved = true;
        }
        apply(event, io);
        m_events.pop_front();
    }
}

void InstrumentInput::apply(const Event& event, ImGuiIO& io)
{
    switch (event.kind) {
    case Kind::Move:
        io.MousePos = ImVec2(static_cast<float>(event.point.x()), static_cast<float>(event.point.y()));
        break;
    case Kind::Leave:
        io.MousePos = ImVec2(-FLT_MAX, -FLT_MAX);
        break;
    case Kind::Button:
        io.MouseDown[event.code] = event.down;
        break;
    case Kind::Wheel:
        io.MouseWheelH += static_cast<float>(event.point.x());
        io.MouseWheel += static_cast<float>(event.point.y());
        break;
    case Kind::Key:
        if (event.code >= 0)
            io.KeysDown[event.code] = event.down;
        io.KeyCtrl = event.modifiers.testFlag(Qt::ControlModifier);
        io.KeyShift = event.modifiers.testFlag(Qt::ShiftModifier);
        io.KeyAlt = event.modifiers.testFlag(Qt::AltModifier);
        io.KeySuper = event.modifiers.testFlag(Qt::MetaModifier);
        break;
    case Kind::Text:
        for (const QChar c : event.text)
            io.AddInputCharacterUTF16(c.unicode());
        break;
    case Kind::Release:
        std::fill(std::begin(io.KeysDown), std::end(io.KeysDown), false);
        std::fill(std::begin(io.MouseDown), std::end(io.MouseDown), false);
        io.KeyCtrl = io.KeyShift = io.KeyAlt = io.KeySuper = false;
        break;
    }
}

} // namespace assay::widgets

#pragma once

#include "widgets/engine/engine_client.h"
#include "widgets/theme/theme.h"

#include <QToolButton>

namespace assay::workbench {

/// The engine's state in the status bar: a dot and a word; a click opens the diagnostics.
class EngineIndicator : public QToolButton
{
    Q_OBJECT
public:
    explicit EngineIndicator(widgets::EngineClient& engine, QWidget* parent = nullptr);
    void setTheme(const widgets::Theme& theme);

private:
    void refresh();

    widgets::EngineClient& m_engine;
    widgets::Theme m_theme = widgets::Theme::light();
};

} // namespace assay::workbench

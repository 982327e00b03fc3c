#pragma once

#include "widgets/studies/scene_values.h"
#include "widgets/theme/theme.h"

#include <QWidget>

class QBoxLayout;
class QLabel;
class QScrollArea;

namespace assay::widgets {

class ImageCanvas;
class SceneBars;
class SceneToolbar;

/// A scene on a canvas with its toolbar and bars. What the user does to the patch or the choice of the sample
/// becomes live parameters; until the study has answered the newest of them, the patch and the sample stay as
/// the user put them, whatever older answers say.
class SceneView : public QWidget
{
    Q_OBJECT
public:
    explicit SceneView(QWidget* parent = nullptr);

    void setScene(SharedScene scene);
    /// The live fields of the study that can be set now. @p whyNot, a sentence, says why there are none.
    void setLive(const std::vector<protocol::Field>& fields, const QString& whyNot);
    /// What was asked for has been answered: the scene as it came is shown from now on.
    void settle();
    void setTheme(const Theme& theme);
    const SharedScene& scene() const { return m_scene; }
    /// Height at @p width of all but the canvas, whose own is @p canvasHeight.
    int heightFor(int width, int canvasHeight) const;
    ImageCanvas* canvas() const { return m_canvas; }
    SceneToolbar* toolbar() const { return m_toolbar; }
    SceneBars* bars() const { return m_bars; }
    /// The picture shown, at its own pixels: the first of those that are compared.
    QImage shownPicture() const;

Q_SIGNALS:
    void edited(const assay::Json& params);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void showPictures(const SharedScene& before);
    void showPatch();
    void showHint();
    void showSamplesLive();
    void editPlace(const PlacedRect& place);
    bool isNarrow(int width) const;
    void arrange();

    SharedScene m_scene;
    std::vector<protocol::Field> m_live;
    QString m_whyNot;
    bool m_held = false; ///< the user moved something that has not been answered
    ImageCanvas* m_canvas;
    SceneToolbar* m_toolbar;
    SceneBars* m_bars;
    QScrollArea* m_barsArea;
    QLabel* m_hint;
    QBoxLayout* m_row;
};

} // namespace assay::widgets

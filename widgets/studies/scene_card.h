#pragma once

#include "widgets/studies/result_card.h"
#include "widgets/studies/scene_values.h"

namespace assay::widgets {

class ImageCanvas;
class SceneView;

/// A scene on the page of results: its canvas is made when the card first comes into view.
class SceneCard : public ResultCard
{
    Q_OBJECT
public:
    SceneCard(const QString& name, QWidget* parent);

    void setScene(SharedScene scene);
    /// The live fields that can be set now, or why there are none.
    void setLive(const std::vector<protocol::Field>& fields, const QString& whyNot);
    /// What was asked for has been answered.
    void settle();
    void setTheme(const Theme& theme) override;
    const SharedScene& scene() const { return m_scene; }
    /// Null before the card was first in view.
    SceneView* view() const { return m_view; }

Q_SIGNALS:
    /// Live parameters that the user has set on the picture.
    void edited(const assay::Json& params);
    void keepRequested();
    void printRequested();
    void saveRequested();

protected:
    void refresh() override;
    int contentHeight(int width) const override;

private:
    SceneView* makeView();

    SharedScene m_scene;
    std::vector<protocol::Field> m_live;
    QString m_whyNot;
    Theme m_theme = Theme::light();
    QWidget* m_holder;
    SceneView* m_view = nullptr;
    bool m_settles = false; ///< the newest value is what was asked for
};

} // namespace assay::widgets

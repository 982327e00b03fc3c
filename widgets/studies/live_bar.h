#pragma once

#include "backend/protocol/json.h"
#include "backend/protocol/schema.h"
#include "widgets/forms/schema_form.h"

#include <QFrame>

#include <map>
#include <string>
#include <vector>

class QLabel;
class QHBoxLayout;
class QPushButton;
class QTimer;

namespace assay::widgets {

class PlayButton;

/// The parameters that a finished run answers at once. Edits are put together for one turn of the event
/// loop, so that a slider in motion asks for its newest place only.
class LiveBar : public QFrame
{
    Q_OBJECT
public:
    explicit LiveBar(QWidget* parent = nullptr);

    void setSchema(const protocol::Schema& schema, const FormChoices& choices);
    /// The parameters of the run: what "stored" means.
    void setStored(const Json& params);
    /// Shows @p params and asks for them, as if the user had moved the controls there.
    void propose(const Json& params);
    /// The same for some of them, the others stay; what is no live parameter is left out. A file may be named
    /// as figures name it, without folder and ending. What is set by dragging a picture comes often: nothing
    /// is asked for when nothing changes.
    void change(const Json& params);
    /// What fields of free text can be, by name, to choose from beside typing.
    void setOffered(std::map<std::string, std::vector<Json>> offered);
    /// The values that figures have for whole numbers among the live parameters, by name and ascending: each
    /// of those gets a button that plays through them.
    void setFrames(std::map<std::string, std::vector<double>> frames);
    /// What was asked for last is shown.
    void takeAnswer();
    /// All parameters as they are shown now.
    Json values() const;
    bool isChanged() const { return m_changed; }
    SchemaForm* form() const { return m_form; }

Q_SIGNALS:
    void previewRequested(const assay::Json& params);
    /// The controls are back at the run's own values.
    void restored();

private:
    void send();
    void showOffered();
    void makePlayButtons();
    void showFrames();
    void stopPlaying();
    void tellPlayers(const Json& params);
    void showFrame(const QString& field, double value);

    SchemaForm* m_form;
    QLabel* m_hint;
    QPushButton* m_reset;
    QTimer* m_coalesce;
    QHBoxLayout* m_playRow;
    std::map<std::string, std::vector<double>> m_frames;
    std::vector<PlayButton*> m_plays; ///< a button for each live whole number
    protocol::Schema m_schema;
    Json m_stored = Json::object();
    std::map<std::string, std::vector<Json>> m_offered;
    bool m_changed = false;
};

} // namespace assay::widgets

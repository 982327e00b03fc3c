#pragma once

#include "widgets/importing/import_list.h"

#include <QList>
#include <QPointer>

namespace assay::test {

/// Keeps the room's questions until a test answers them, in any order.
class AnsweringEngine
{
public:
    struct Question
    {
        std::string method;
        Json params;
        QPointer<QObject> context;
        widgets::EngineClient::ReplyHandler handler;
    };
    QList<Question> questions;

    widgets::AskEngine ask();
    /// Answers the oldest question, or the one at @p position.
    void answer(const Json& result, int position = 0);
    void refuse(const std::string& error, int position = 0);
    Json params(int position = 0) const { return questions.at(position).params; }
    /// The corrections that were sent along.
    QString values(int position = 0) const;
};

/// For comparisons, whose failure then shows both.
QString jsonText(const Json& json);

/// An inspection of an ONNX model: whose height and width are asked when they are not in @p values.
Json sampleInspection(const Json& values = Json::object());
/// Nothing is asked.
Json readyInspection();
Json unknownInspection();

} // namespace assay::test

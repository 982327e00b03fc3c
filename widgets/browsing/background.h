#pragma once

#include <QCoreApplication>
#include <QObject>
#include <QPointer>
#include <QThreadPool>

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace assay::widgets {

/// Runs @p work on a thread of the global pool and hands its result to @p done on the GUI thread, unless
/// @p context is gone by then. To be called on the GUI thread. @p work receives all it needs by value,
/// touches no QObject and does not throw.
template <class Work, class Done>
void inBackground(QObject* context, Work work, Done done)
{
    using Result = std::invoke_result_t<Work>;
    QThreadPool::globalInstance()->start(
        [guard = QPointer<QObject>(context), work = std::move(work), done = std::move(done)] {
            const auto result = std::make_shared<Result>(work());
            // To the application, which outlives the pool's threads; whether the context lives can only be
            // asked on its own thread.
            QMetaObject::invokeMethod(
                QCoreApplication::instance(),
                [guard, result, done] {
                    if (guard)
                        done(std::move(*result));
                },
                Qt::QueuedConnection);
        });
}

} // namespace assay::widgets

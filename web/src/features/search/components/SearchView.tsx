import { useQuery } from '@tanstack/react-query';
import { classesQuery } from '@/api/queries.ts';
import { useFollowedLabel } from '@/api/use-followed-label.ts';
import { isNotFound } from '@/api/problem.ts';
import { Button } from '@/components/Button.tsx';
import { ErrorState } from '@/components/ErrorState.tsx';
import { LinkButton } from '@/components/LinkButton.tsx';
import { usePageDrop } from '@/lib/page-drop.ts';
import { paths } from '@/lib/paths.ts';
import { useTitle } from '@/lib/title.ts';
import { usePastedFiles } from '../hooks/usePastedFiles.ts';
import { usePictureSearch } from '../hooks/usePictureSearch.ts';
import { useQuestion } from '../hooks/useQuestion.ts';
import { useResults } from '../hooks/useResults.ts';
import { isFiltered, kindOf, titleOf, withoutFilters } from '../model/question.ts';
import { Filters } from './Filters.tsx';
import { QuestionHead } from './QuestionHead.tsx';
import { Results } from './Results.tsx';
import { StartView } from './StartView.tsx';
import styles from './SearchView.module.css';

/** What is asked, what narrows it, and what was found. Pictures can be dropped and pasted anywhere. */
export function SearchView({ project }: { project: string }) {
    const { question, ask } = useQuestion(project);
    const { searchBy } = usePictureSearch();
    const results = useResults(project, question);
    const { error: projectError } = useQuery(classesQuery(project));
    useTitle(titleOf(question), project);
    useFollowedLabel(project, question.label, label => {
        if (label !== null) ask({ ...question, label }, 'replace');
    });
    const takeFiles = (files: readonly File[]) => searchBy(files, project, question.video ?? undefined);
    const isHeldOver = usePageDrop(takeFiles);
    usePastedFiles(takeFiles);

    if (isNotFound(projectError))
        return (
            <ErrorState
                title="This project cannot be searched"
                error={projectError}
                actions={<LinkButton to={paths.projects()}>All projects</LinkButton>}
            />
        );
    const kind = kindOf(question);
    return (
        <div className={styles.page}>
            {kind === 'nothing' ? (
                <StartView project={project} question={question} ask={ask} onFiles={takeFiles} />
            ) : (
                <>
                    <QuestionHead
                        project={project}
                        question={question}
                        ask={ask}
                        problem={results.problems.example}
                        onFiles={takeFiles}
                    />
                    <Filters project={project} question={question} ask={ask} problems={results.problems} />
                    <Results
                        key={JSON.stringify(question)}
                        project={project}
                        question={question}
                        results={results}
                        clearFilters={
                            isFiltered(question) && (
                                <Button onClick={() => ask(withoutFilters(question))}>Clear the filters</Button>
                            )
                        }
                    />
                </>
            )}
            {isHeldOver && (
                <div className={styles.drop} aria-hidden="true">
                    <p>Drop the picture to search by it</p>
                </div>
            )}
        </div>
    );
}
